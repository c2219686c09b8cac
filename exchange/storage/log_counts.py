"""Counts the records of some days, by action and outcome, and by actor.

A record counts on the day on which its entry was made: within a few minutes of midnight that may be
the day after the one that it states. For a chart of days that is near enough, and it is what lets
an index alone answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many records of one action ended in one way in one slice, which counts from 0."""

    slice: int
    action: str
    outcome: str
    records: int


@dataclass(frozen=True, slots=True)
class ActorCount:
    """How many records one party is the actor of in one slice."""

    slice: int
    actor: str
    records: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted between each two bounds."""

    days: Sequence[DayCount]
    actors: Sequence[ActorCount]


async def of_all(conn: AsyncConnection, bounds: Sequence[datetime]) -> Counted:
    """Count everything; nothing unless the caller is the operator's FG (migration 0010)."""
    values = {"bounds": [_entry_at(bound) for bound in bounds]}
    days = await conn.execute(_COUNTS, values)
    actors = await conn.execute(_ACTORS, values)
    return Counted(
        [DayCount(row.slice - 1, row.action, row.outcome, row.records) for row in days],
        [ActorCount(row.slice - 1, row.actor, row.records) for row in actors],
    )


async def of_own(conn: AsyncConnection, bounds: Sequence[datetime]) -> Counted:
    """Count what the caller did, what it was given, and what is about pupils of its schools."""
    rows = (await conn.execute(_OWN, {"bounds": [_entry_at(bound) for bound in bounds]})).all()
    days: Counter[tuple[int, str, str]] = Counter()
    for row in rows:
        days[row.slice - 1, row.action, row.outcome] += row.records
    return Counted(
        [DayCount(*key, records) for key, records in days.items()],
        [ActorCount(row.slice - 1, row.actor, row.records) for row in rows if row.actor],
    )


# Plan: index-only scans of log_records_by_action, _not_ok and _by_actor, one per slice and value.
_COUNTS = text("SELECT * FROM exchange_log_counts(CAST(:bounds AS uuid[]))")
_ACTORS = text("SELECT * FROM exchange_log_actors(CAST(:bounds AS uuid[]))")

# Plan: ranges of log_records_by_actor, _by_recipient and, for each vestiging,
# subject_link_by_vestiging; then log_records_pkey once per entry (migration 0013).
_OWN = text("SELECT * FROM exchange_own_log_counts(CAST(:bounds AS uuid[]))")


def _entry_at(moment: datetime) -> UUID:
    return UUID(int=int(moment.timestamp() * 1000) << 80)
