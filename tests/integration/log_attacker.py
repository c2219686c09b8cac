"""Somebody who owns the database and all its hashes, and has neither key nor outside checkpoint.

Every deed ends with the whole tree made anew, so that everything stored agrees with itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]  # it ships no types

_FAR = 1_000_000_000


async def edit(conn: asyncpg.Connection, index: int, **members: object) -> UUID:
    """Change what a record says, in its text and in the columns beside it."""
    entry = await entry_at(conn, index)
    document = json.loads(await conn.fetchval("SELECT leaf FROM log_records WHERE entry=$1", entry))
    document |= members
    await conn.execute(
        "UPDATE log_records SET leaf = $2, actor = $3 WHERE entry = $1",
        entry,
        json.dumps(document, sort_keys=True, separators=(",", ":")).encode(),
        document.get("actor"),
    )
    return entry


async def delete(conn: asyncpg.Connection, index: int) -> UUID:
    """Take a record away and close the ranks."""
    entry = await entry_at(conn, index)
    await conn.execute("DELETE FROM log_leaves WHERE entry = $1", entry)
    await conn.execute("DELETE FROM log_records WHERE entry = $1", entry)
    await _shift(conn, index, -1)
    return entry


async def insert(conn: asyncpg.Connection, index: int) -> UUID:
    """Put a record that nobody wrote between the others: a copy of its neighbour, changed."""
    entry = UUID(int=(await entry_at(conn, index)).int + 1)
    await _shift(conn, index, 1)
    await conn.execute("INSERT INTO log_leaves (index, entry) VALUES ($1, $2)", index, entry)
    await conn.execute(
        "INSERT INTO log_records (entry, recorded_at, activity, actor, recipient, bericht_id,"
        " action, outcome, leaf, leaf_hash)"
        " SELECT $1, recorded_at, activity, actor, recipient, bericht_id, action, outcome, leaf,"
        " leaf_hash FROM log_records JOIN log_leaves USING (entry) WHERE index = $2",
        entry,
        index + 1,
    )
    await edit(conn, index, entry=str(entry))
    return entry


async def swap(conn: asyncpg.Connection, one: int, other: int) -> None:
    """Let two records change places."""
    first, second = await entry_at(conn, one), await entry_at(conn, other)
    await conn.execute("DELETE FROM log_leaves WHERE index = ANY($1)", [one, other])
    await conn.executemany(
        "INSERT INTO log_leaves (index, entry) VALUES ($1, $2)", [(one, second), (other, first)]
    )


async def swap_texts(conn: asyncpg.Connection, one: int, other: int) -> UUID:
    """Let two records change everything but their ids."""
    first, second = await entry_at(conn, one), await entry_at(conn, other)
    rows = [await conn.fetchrow(_ALL_BUT_THE_ID, entry) for entry in (first, second)]
    await conn.execute(_SET_ALL_BUT_THE_ID, first, *rows[1])
    await conn.execute(_SET_ALL_BUT_THE_ID, second, *rows[0])
    return first


_ALL_BUT_THE_ID = (
    "SELECT recorded_at, activity, actor, recipient, bericht_id, action, outcome, leaf"
    " FROM log_records WHERE entry = $1"
)
_SET_ALL_BUT_THE_ID = (
    "UPDATE log_records SET recorded_at = $2, activity = $3, actor = $4, recipient = $5,"
    " bericht_id = $6, action = $7, outcome = $8, leaf = $9 WHERE entry = $1"
)


async def truncate(conn: asyncpg.Connection, size: int) -> None:
    """Take everything from place ``size`` on away."""
    await conn.execute(
        "DELETE FROM log_records WHERE entry IN (SELECT entry FROM log_leaves WHERE index >= $1)",
        size,
    )
    await conn.execute("DELETE FROM log_leaves WHERE index >= $1", size)


async def roll_back(conn: asyncpg.Connection, size: int) -> None:
    """Put back the log of an older backup, with the heads of that day."""
    await truncate(conn, size)
    await conn.execute("DELETE FROM log_cosignatures WHERE size > $1", size)
    await conn.execute("DELETE FROM log_checkpoints WHERE size > $1", size)


async def entry_at(conn: asyncpg.Connection, index: int) -> UUID:
    """Give which record has this place."""
    found = await conn.fetchval("SELECT entry FROM log_leaves WHERE index = $1", index)
    return UUID(str(found))


async def make_everything_agree(conn: asyncpg.Connection, *, heads: bool) -> None:
    """Make all hashes and tiles anew; without ``heads`` no signed head is left to contradict them.

    None can be made: that takes the key.
    """
    rows = await conn.fetch(
        "SELECT l.index, r.entry, r.leaf, r.leaf_hash FROM log_leaves AS l"
        " LEFT JOIN log_records AS r USING (entry) ORDER BY l.index"
    )
    hashes = []
    for row in rows:
        fresh = row["leaf_hash"] if row["leaf"] is None else _leaf_hash(row["leaf"])
        hashes.append(fresh or bytes(32))
        if fresh != row["leaf_hash"]:
            await conn.execute(
                "UPDATE log_records SET leaf_hash = $2 WHERE entry = $1", row["entry"], fresh
            )
    await conn.execute("DELETE FROM log_tiles")
    await conn.executemany(
        "INSERT INTO log_tiles (level, number, hashes) VALUES ($1, $2, $3)", _tiles(hashes)
    )
    if not heads:
        await conn.execute("TRUNCATE log_checkpoints CASCADE")


async def _shift(conn: asyncpg.Connection, index: int, by: int) -> None:
    """Move what comes after, by way of places that nobody has."""
    for begin, step in ((index, _FAR), (_FAR, by - _FAR)):
        await conn.execute(
            "UPDATE log_leaves SET index = index + $2 WHERE index >= $1", begin, step
        )


def _tiles(hashes: Sequence[bytes]) -> list[tuple[int, int, bytes]]:
    tiles, level, row = [], 0, list(hashes)
    while row:
        cut = [row[at : at + 256] for at in range(0, len(row), 256)]
        tiles += [(level, number, b"".join(part)) for number, part in enumerate(cut)]
        row = [_root(part) for part in cut if len(part) == 256]
        level += 1
    return tiles


def _root(hashes: Sequence[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    half = len(hashes) // 2
    return hashlib.sha256(b"\1" + _root(hashes[:half]) + _root(hashes[half:])).digest()


def _leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\0" + leaf).digest()
