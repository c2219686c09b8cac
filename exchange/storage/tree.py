"""The Merkle tree over the log as it is stored: places given, tiles grown, heads signed, read back.

Tiles are named by level and number. They and the head over them are committed together, and a tile
keeps its first hashes for ever: whoever reads a head first finds all its hashes afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.storage.log_tables import (
    log_checkpoints,
    log_leaves,
    log_pending,
    log_records,
)
from exchange.storage.rows import values_of

TileId = tuple[int, int]
"""The level of a tile, and its number from the left."""

_ONE_SEALER = 0x5645_525A_4547_454C  # "VERZEGEL"


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A signed head of the log."""

    size: int
    root: bytes
    note: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class PendingRow:
    """A record that has no place yet."""

    entry: UUID
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A record as the caller may see it; without a leaf its text went, without a place it waits."""

    bericht_id: UUID | None
    leaf: bytes | None = field(repr=False)
    place: int | None


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """How many records wait for a place, and since when the oldest does."""

    count: int
    oldest: datetime | None


# --- sealing: one at a time, in one transaction ---


async def be_the_only_sealer(conn: AsyncConnection) -> bool:
    """Whether this transaction is the one that seals; the others see it without waiting."""
    return bool(await conn.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), _KEY))


_KEY = {"key": _ONE_SEALER}


async def waiting_longest(conn: AsyncConnection, limit: int) -> list[PendingRow]:
    """Give the records that wait for a place, the oldest first."""
    query = select(log_pending.c.entry, log_pending.c.leaf_hash)
    found = await conn.execute(query.order_by(log_pending.c.entry).limit(limit))
    return [PendingRow(entry, bytes(leaf_hash)) for entry, leaf_hash in found]


async def give_places(conn: AsyncConnection, first: int, entries: Sequence[UUID]) -> None:
    """Give these records the places from ``first`` on, in this order; they wait no longer."""
    await conn.execute(_GIVE_PLACES, {"first": first, "entries": list(entries)})


# Plan: one function scan for both; the deletion by the primary key.
_GIVE_PLACES = text("""
    WITH sealed AS (
        DELETE FROM log_pending WHERE entry = ANY(CAST(:entries AS uuid[]))
    )
    INSERT INTO log_leaves (index, entry)
    SELECT :first + place - 1, entry
    FROM unnest(CAST(:entries AS uuid[])) WITH ORDINALITY AS given(entry, place)
""")


async def put_tiles(conn: AsyncConnection, tiles: Mapping[TileId, bytes]) -> None:
    """Store new tiles, and those that grew in the place of what they were."""
    places = list(tiles)
    if places:
        given = {
            "levels": [level for level, _ in places],
            "numbers": [number for _, number in places],
            "hashes": list(tiles.values()),
        }
        await conn.execute(_PUT_TILES, given)


_PUT_TILES = text("""
    INSERT INTO log_tiles (level, number, hashes)
    SELECT * FROM unnest(CAST(:levels AS smallint[]), CAST(:numbers AS bigint[]),
                         CAST(:hashes AS bytea[]))
    ON CONFLICT (level, number) DO UPDATE SET hashes = EXCLUDED.hashes
""")


async def put_checkpoint(conn: AsyncConnection, row: CheckpointRow) -> None:
    """Store a head."""
    await conn.execute(insert(log_checkpoints).values(values_of(row)))


# --- reading ---


async def newest_checkpoint(conn: AsyncConnection) -> CheckpointRow | None:
    """Give the head of the largest tree."""
    found = await conn.execute(_CHECKPOINTS.order_by(log_checkpoints.c.size.desc()).limit(1))
    row = found.one_or_none()
    return None if row is None else CheckpointRow(*row)


async def checkpoints_of(conn: AsyncConnection, sizes: Collection[int]) -> list[CheckpointRow]:
    """Give the heads of the trees of exactly these sizes, as far as they were signed."""
    found = await conn.execute(_CHECKPOINTS.where(log_checkpoints.c.size.in_(sizes)))
    return [CheckpointRow(*row) for row in found]


async def newest_checkpoints(conn: AsyncConnection, limit: int) -> list[CheckpointRow]:
    """Give the newest heads, the largest tree first."""
    found = await conn.execute(_CHECKPOINTS.order_by(log_checkpoints.c.size.desc()).limit(limit))
    return [CheckpointRow(*row) for row in found]


async def scattered_checkpoints(conn: AsyncConnection, count: int) -> list[CheckpointRow]:
    """Give about ``count`` heads spread evenly over the whole log, the first one among them."""
    return [CheckpointRow(*row) for row in await conn.execute(_SCATTERED, {"count": count})]


# Plan: one index look-up for each head.
_SCATTERED = text("""
    SELECT DISTINCT found.*
    FROM (SELECT max(size) AS newest FROM log_checkpoints) AS log,
         generate_series(0, CAST(:count AS integer) - 1) AS step,
         LATERAL (
             SELECT size, root, note, signed_at FROM log_checkpoints
             WHERE size >= newest * step / CAST(:count AS integer) ORDER BY size LIMIT 1
         ) AS found
    ORDER BY size
""")

_CHECKPOINTS = select(
    log_checkpoints.c.size,
    log_checkpoints.c.root,
    log_checkpoints.c.note,
    log_checkpoints.c.signed_at,
)


async def read_tiles(conn: AsyncConnection, places: Collection[TileId]) -> dict[TileId, bytes]:
    """Give the hashes of these tiles, as far as there are; one look-up each, in one query."""
    if not places:
        return {}
    wanted = {"levels": [level for level, _ in places], "numbers": [n for _, n in places]}
    return {(level, number): bytes(h) for level, number, h in await conn.execute(_TILES, wanted)}


_TILES = text("""
    SELECT level, number, hashes
    FROM unnest(CAST(:levels AS smallint[]), CAST(:numbers AS bigint[])) AS wanted(level, number)
    JOIN log_tiles USING (level, number)
""")


async def placed_record(conn: AsyncConnection, entry: UUID) -> PlacedRow | None:
    """Give a record with its place; None where the caller may see none."""
    found = await conn.execute(
        select(log_records.c.bericht_id, log_records.c.leaf, log_leaves.c.index)
        .outerjoin(log_leaves, log_leaves.c.entry == log_records.c.entry)
        .where(log_records.c.entry == entry)
    )
    row = found.one_or_none()
    return None if row is None else PlacedRow(*row)


async def waiting(conn: AsyncConnection) -> WaitingRow:
    """Count what waits for a place."""
    found = await conn.execute(text("SELECT count(*), min(recorded_at) FROM log_pending"))
    return WaitingRow(*found.one())
