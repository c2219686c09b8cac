"""Finds records of the log, newest first, however many there are and whatever is asked of them.

Entries are UUIDv7, so their order is that of time and a window of time is a range of them. Two
conditions that both hold of millions may together hold of none, and then no index on one column
ends a scan. So a search walks the index of its rarest condition a stretch at a time, tests the
other conditions there, and says how far it came: what a stretch costs does not grow with the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Oin

STRETCHES = (250, 1_000, 2_000)
"""How many entries of an index are looked at in one go, while nothing is found ever more; rows that
lie far apart may each have to come from the disk."""

_SLACK = timedelta(minutes=5)
"""A record's entry is made just after the moment that it states; clocks differ a little too."""

_FIRST, _LAST = UUID(int=0), UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What is asked of a record; ``van`` is the first moment, ``tot`` the first one after."""

    van: datetime | None = None
    tot: datetime | None = None
    actor: Oin | None = None
    recipient: Oin | None = None
    activity: str | None = None
    bericht_id: UUID | None = None
    outcome: str | None = None
    action: str | None = None


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A record that was found, with its final bytes and whether it has its place in the tree."""

    entry: UUID
    recorded_at: datetime
    action: str | None
    activity: str
    actor: str | None
    recipient: str | None
    bericht_id: UUID | None
    outcome: str
    leaf: bytes = field(repr=False)
    sealed: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one stretch gave; ``reached`` is where it ended, None at the end of what is asked."""

    entries: Sequence[UUID]
    reached: UUID | None


async def search(
    conn: AsyncConnection,
    wanted: LogFilter,
    before: UUID | None,
    most: int,
    *,
    turn: int = 0,
    own: bool,
) -> Stretch:
    """Look at the next stretch before an entry, and give at most ``most`` entries that match.

    ``turn`` counts the stretches of one search; ``own`` is for a party that sees only its own
    records: it walks those alone.
    """
    await conn.execute(_BY_INDEX)
    values = _values(wanted)
    driver = () if own else _driver(values)
    others = [name for name in values if name not in driver]
    sql = _statement(driver, others, own=own)
    length = max(STRETCHES[min(turn, len(STRETCHES) - 1)], most) if others or own else most
    bounds = {
        "before": before or _entry_at(wanted.tot, _SLACK, _LAST),
        "after": _entry_at(wanted.van, -_SLACK, _FIRST),
        "van": wanted.van or datetime(1970, 1, 1, tzinfo=UTC),
        "tot": wanted.tot or datetime(9999, 1, 1, tzinfo=UTC),
        "stretch": length,
        "most": most,
    }
    row = (await conn.execute(text(sql), values | bounds)).one()
    entries: Sequence[UUID] = row.found
    if len(entries) == most:
        return Stretch(entries, entries[-1])
    return Stretch(entries, row.reached if row.looked_at == length else None)


async def records_of(conn: AsyncConnection, entries: Sequence[UUID]) -> list[FoundRecord]:
    """Give these records, newest first; those that the caller may not see are left out."""
    found = await conn.execute(_RECORDS, {"entries": list(entries)})
    return [FoundRecord(**row._mapping) for row in found]  # noqa: SLF001  public API


# Row security makes the planner think that few rows pass, and then it would collect and sort all
# that an index gives. Each of these questions walks one index backwards, and stops.
_BY_INDEX = text("""
    SELECT set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true),
           set_config('enable_sort', 'off', true)
""")

# Plan: log_records_pkey and log_leaves_entry_key, a row each.
_RECORDS = text("""
    SELECT l.entry, l.recorded_at, l.action, l.activity, l.actor, l.recipient, l.bericht_id,
           l.outcome, l.leaf, EXISTS (SELECT FROM log_leaves p WHERE p.entry = l.entry) AS sealed
    FROM log_records l
    WHERE l.entry = ANY (CAST(:entries AS uuid[])) AND l.leaf IS NOT NULL
    ORDER BY l.entry DESC
""")

_TESTS: Mapping[str, str] = {
    "bericht_id": "bericht_id = CAST(:bericht_id AS uuid)",
    "outcome": "outcome = CAST(:outcome AS text)",
    "recipient": "recipient = CAST(:recipient AS text)",
    "actor": "actor = CAST(:actor AS text)",
    "action": "action = CAST(:action AS text)",
    "activity": "activity = CAST(:activity AS text)",
}
"""Each condition by its column, the rarest first: the first that is asked says which index."""

_COLUMNS = "entry, recorded_at, activity, actor, recipient, bericht_id, action, outcome"


def _values(wanted: LogFilter) -> dict[str, Any]:
    asked = {
        "bericht_id": wanted.bericht_id,
        "outcome": wanted.outcome,
        "recipient": wanted.recipient.reveal() if wanted.recipient else None,
        "actor": wanted.actor.reveal() if wanted.actor else None,
        "action": wanted.action,
        "activity": wanted.activity,
    }
    return {name: value for name, value in asked.items() if value is not None}


def _driver(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the condition whose index is walked; that all went well is true of nearly all."""
    return tuple(name for name in _TESTS if name in values and values[name] != "ok")[:1]


def _statement(driver: Sequence[str], others: Sequence[str], *, own: bool) -> str:
    """Give one round trip: a stretch of the index, and of it what passes the other tests.

    Plan: a backward scan of the driver's index (log_records_by_message, _not_ok, _by_recipient,
    _by_actor, _by_action, _by_activity, or the primary key when nothing is asked) under a limit.
    """
    tests = [_TESTS[name] for name in driver]
    if driver == ("outcome",):
        tests.append("outcome <> 'ok'")  # names the partial index
    walked = _OWN if own else _ALL
    looked_at = walked.format(columns=_COLUMNS, tests="".join(f" AND {test}" for test in tests))
    passing = "".join(f" AND {_TESTS[name]}" for name in others)
    return f"""
        WITH looked_at AS MATERIALIZED ({looked_at})
        SELECT (SELECT count(*) FROM looked_at) AS looked_at,
               (SELECT entry FROM looked_at ORDER BY entry LIMIT 1) AS reached,
               ARRAY(
                   SELECT entry FROM looked_at
                   WHERE recorded_at >= :van AND recorded_at < :tot{passing}
                   ORDER BY entry DESC LIMIT :most
               ) AS found
    """  # noqa: S608  our own words


_ALL = """
    SELECT {columns} FROM log_records
    WHERE entry < :before AND entry >= :after{tests}
    ORDER BY entry DESC LIMIT :stretch
"""

# Who sees only its own walks three lists: what it did, what it was given, and what is about a pupil
# of its vestigingen. Of a delivery with thousands of pupils that last list has each entry once.
# Plan: log_records_by_actor, log_records_by_recipient, and for each vestiging a probe of
# subject_link_by_vestiging per entry.
_OWN = """
    WITH RECURSIVE place AS MATERIALIZED (
        SELECT code FROM exchange_seen_vestigingen() AS code
    ), linked(code, entry, number) AS (
        SELECT code, (
            SELECT s.entry FROM subject_link s
            WHERE s.vestigingscode = code AND s.entry < :before AND s.entry >= :after
            ORDER BY s.vestigingscode DESC, s.entry DESC LIMIT 1
        ), 1 FROM place
        UNION ALL
        SELECT l.code, (
            SELECT s.entry FROM subject_link s
            WHERE s.vestigingscode = l.code AND s.entry < l.entry AND s.entry >= :after
            ORDER BY s.vestigingscode DESC, s.entry DESC LIMIT 1
        ), l.number + 1 FROM linked l WHERE l.entry IS NOT NULL AND l.number < :stretch
    ), own AS (
        SELECT entry FROM linked WHERE entry IS NOT NULL
        UNION
        (SELECT entry FROM log_records
         WHERE actor = exchange_party() AND entry < :before AND entry >= :after
         ORDER BY entry DESC LIMIT :stretch)
        UNION
        (SELECT entry FROM log_records
         WHERE recipient = exchange_party() AND entry < :before AND entry >= :after
         ORDER BY entry DESC LIMIT :stretch)
    ), newest AS MATERIALIZED (SELECT entry FROM own ORDER BY entry DESC LIMIT :stretch)
    SELECT {columns} FROM newest LEFT JOIN log_records USING (entry)
"""


_LAST_MOMENT = (1 << 48) - 1  # milliseconds: what a UUIDv7 has room for


def _entry_at(moment: datetime | None, slack: timedelta, otherwise: UUID) -> UUID:
    """Give the first entry that can be made at a moment (RFC 9562 section 5.7)."""
    if moment is None:
        return otherwise
    milliseconds = int(moment.timestamp() * 1000) + int(slack.total_seconds() * 1000)
    return UUID(int=min(max(milliseconds, 0), _LAST_MOMENT) << 80)
