"""The whole log as it is stored, read in order and in pieces, for whoever checks or exports it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.storage.log_tables import log_checkpoints
from exchange.storage.tree import CheckpointRow

_NIL = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the log reaches in one snapshot: places given, and what the newest head covers."""

    places: int
    covered: int | None


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record, column by column; ``leaf`` is None when its text went, by ``erasure``."""

    entry: UUID
    recorded_at: datetime | None
    activity: str | None
    actor: str | None
    recipient: str | None
    bericht_id: UUID | None
    action: str | None
    outcome: str | None
    leaf: bytes | None = field(repr=False)
    leaf_hash: bytes | None
    erasure: bytes | None


@dataclass(frozen=True, slots=True)
class AuditRow(StoredRecord):
    """One place with its record; ``leaf_hash`` is None when there is no record."""

    index: int


@dataclass(frozen=True, slots=True)
class UnplacedRow(StoredRecord):
    """A record without a place; ``waits`` says whether the sealer will give it one."""

    waits: bool


async def extent(conn: AsyncConnection) -> Extent:
    """Give how far the log reaches; one statement, so that it cannot grow in between."""
    return Extent(*(await conn.execute(_EXTENT)).one())


_EXTENT = text("""
    SELECT (SELECT coalesce(max(index) + 1, 0) FROM log_leaves),
           (SELECT max(size) FROM log_checkpoints)
""")


async def places_from(conn: AsyncConnection, first: int, count: int) -> list[AuditRow]:
    """Give the places from ``first`` on, ``count`` of them, as far as they are there."""
    found = await conn.execute(_PLACES, {"first": first, "after": first + count})
    return [AuditRow(*row) for row in found]


# Plan: a range of the primary key of the places, and one look-up of a record for each.
_PLACES = text("""
    SELECT l.entry, r.recorded_at, r.activity, r.actor, r.recipient, r.bericht_id, r.action,
           r.outcome, r.leaf, r.leaf_hash, r.erasure, l.index
    FROM log_leaves AS l LEFT JOIN log_records AS r ON r.entry = l.entry
    WHERE l.index >= :first AND l.index < :after
    ORDER BY l.index
""")


async def checkpoints_between(
    conn: AsyncConnection, above: int, up_to: int
) -> Sequence[CheckpointRow]:
    """Give the heads of trees larger than ``above``, up to and including ``up_to``."""
    found = await conn.execute(
        select(
            log_checkpoints.c.size,
            log_checkpoints.c.root,
            log_checkpoints.c.note,
            log_checkpoints.c.signed_at,
        )
        .where(log_checkpoints.c.size > above, log_checkpoints.c.size <= up_to)
        .order_by(log_checkpoints.c.size)
    )
    return [CheckpointRow(*row) for row in found]


async def tile_beyond(conn: AsyncConnection, level: int, number: int) -> tuple[int, int] | None:
    """Give a tile of this level at or past ``number``, or of any level above it with number 0."""
    found = await conn.execute(_TILE_BEYOND, {"level": level, "number": number})
    row = found.one_or_none()
    return None if row is None else (row.level, row.number)


_TILE_BEYOND = text("""
    SELECT level, number FROM log_tiles WHERE level = :level AND number >= :number
    ORDER BY number LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Unplaced:
    """What one stretch of the records has without a place, and where the next stretch begins."""

    records: Sequence[UnplacedRow]
    last: UUID | None


async def records_without_place(conn: AsyncConnection, after: UUID | None, count: int) -> Unplaced:
    """Look at the next ``count`` records by entry, and give those that have no place."""
    given = {"after": after or _NIL, "count": count}
    found = (await conn.execute(_UNPLACED, given)).all()
    last = found[0].last if found else None
    return Unplaced([UnplacedRow(*row[1:]) for row in found if row.entry], last)


# Plan: a range of the primary key of the records, and one look-up of a place for each; whoever has
# none is read whole.
_UNPLACED = text("""
    WITH stretch AS (
        SELECT entry FROM log_records WHERE entry > CAST(:after AS uuid)
        ORDER BY entry LIMIT :count
    ), unplaced AS (
        SELECT entry FROM stretch
        WHERE NOT EXISTS (SELECT FROM log_leaves WHERE log_leaves.entry = stretch.entry)
    )
    SELECT ends.last, r.entry, r.recorded_at, r.activity, r.actor, r.recipient, r.bericht_id,
           r.action, r.outcome, r.leaf, r.leaf_hash, r.erasure,
           EXISTS (SELECT FROM log_pending p
                   WHERE p.entry = r.entry AND p.leaf_hash = r.leaf_hash) AS waits
    FROM (SELECT entry AS last FROM stretch ORDER BY entry DESC LIMIT 1) AS ends
    LEFT JOIN (unplaced JOIN log_records AS r USING (entry)) ON true
    ORDER BY r.entry
""")
