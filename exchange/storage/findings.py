"""Counts, out of the log, what the rules on findings look at; row security narrows it to a scope.

Every count is of records of a party, by its columns; what a record says of a pupil is not read.
Each question is bounded by a window of days. The operator's FG sees all, and its window is read day
by day, so that a pass fits in memory; of another party first its own records are gathered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.policy.calendar import legal_day
from exchange.policy.finding_facts import (
    DayOfReading,
    FirstTime,
    KeyChange,
    PupilLook,
    RefusedMinute,
    Undecryptable,
    Who,
)
from exchange.policy.finding_rules import RuleName, usual_hours
from exchange.policy.findings import Found, Trail
from exchange.storage.finding_queries import (
    BREACHES,
    ENTRIES,
    KEY_CHANGES,
    KNOWN_ACTIVITIES,
    KNOWN_RECIPIENTS,
    LOOKS,
    OWN,
    OWN_PAIRS,
    REFUSED,
    ROOM,
    SCAN,
)
from exchange.storage.finding_window import Day, Window

MOST_ENTRIES = 50
"""Entries given with one finding; its count says how many there are."""

_FEW = range(1, 2_000)
"""So many records of its own in the window, and a party's whole past is quickly read."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What one pass over the window gives; of the pairs it is not known yet which are new."""

    reading: tuple[DayOfReading, ...]
    undecryptable: tuple[Undecryptable, ...]
    pairs: tuple[FirstTime, ...]


async def scope(conn: AsyncConnection, window: Window) -> Window:
    """Gather the records of a party that does not see everything, once for every question."""
    if window.vestigingen is None:
        return window
    await conn.execute(ROOM)
    found = await conn.execute(OWN, window.parameters())
    return replace(window, own=tuple(row.entry for row in found))


async def count_window(conn: AsyncConnection, window: Window) -> Counted:
    """Count reading by day, messages that could not be opened, and who stood beside what."""
    await conn.execute(ROOM)
    days = window.days()
    at_once = [days] if window.own is not None else [[day] for day in days]
    found: list[Row[Any]] = []
    for part in at_once:
        asked = window.parameters() | _columns(part)
        found += (await conn.execute(_scoped(SCAN, window), asked)).all()
    return _counted(found)


def _counted(found: Sequence[Row[Any]]) -> Counted:
    days = [row for row in found if row.day is not None]
    pairs: dict[tuple[str, str, bool], FirstTime] = {}
    for row in found:
        if row.other is not None:
            pair = FirstTime(Who(row.oin), row.other, row.is_recipient, row.first_at, row.times)
            key = (row.oin, row.other, row.is_recipient)
            pairs[key] = _joined(pairs[key], pair) if key in pairs else pair
    return Counted(
        reading=tuple(
            DayOfReading(Who(row.oin, row.account), row.day, row.reads, row.outside)
            for row in days
            if row.reads
        ),
        undecryptable=tuple(
            Undecryptable(Who(row.oin), row.day, row.undecryptable)
            for row in days
            if row.undecryptable
        ),
        pairs=tuple(pairs.values()),
    )


def _joined(one: FirstTime, other: FirstTime) -> FirstTime:
    first_at, times = min(one.first_at, other.first_at), one.count + other.count
    return replace(one, first_at=first_at, count=times)


def _columns(days: Sequence[Day]) -> dict[str, Any]:
    return {
        "first": days[0].begins,
        "last": days[-1].ends,
        "days": [day.day for day in days],
        "begins": [day.begins for day in days],
        "opens": [day.opens for day in days],
        "closes": [day.closes for day in days],
    }


async def first_times(
    conn: AsyncConnection, pairs: Sequence[FirstTime], window: Window
) -> tuple[FirstTime, ...]:
    """Give those of ``pairs`` that never stood together in the days before the window."""
    back = window.since - timedelta(days=window.rules.number(RuleName.EERSTE_KEER, "dagen"))
    before = window.parameters() | {
        "back": back,
        "floor": window.floor(back),
        "ceiling": window.ceiling(window.since),
    }
    ask = _stood_in_own if len(window.own or ()) in _FEW else _stood
    stood = await ask(conn, pairs, before)
    return tuple(pair for pair in pairs if pair not in stood)


async def _stood_in_own(
    conn: AsyncConnection, pairs: Sequence[FirstTime], before: Mapping[str, Any]
) -> frozenset[FirstTime]:
    """Read all that a party that does little had before."""
    rows = (await conn.execute(OWN_PAIRS, before)).all()
    known = {(row.actor, True, row.recipient) for row in rows}
    known |= {(row.actor, False, row.activity) for row in rows}
    return frozenset(p for p in pairs if (p.who.oin, p.is_recipient, p.other) in known)


async def _stood(
    conn: AsyncConnection, pairs: Sequence[FirstTime], before: Mapping[str, Any]
) -> frozenset[FirstTime]:
    """Look each pair up."""
    found: set[FirstTime] = set()
    for is_recipient, question in ((True, KNOWN_RECIPIENTS), (False, KNOWN_ACTIVITIES)):
        asked = [pair for pair in pairs if pair.is_recipient is is_recipient]
        given = {"oins": [p.who.oin for p in asked], "others": [p.other for p in asked]}
        rows = await conn.execute(question, {**before, **given})
        found |= {asked[row.number - 1] for row in rows}
    return frozenset(found)


async def refused_minutes(conn: AsyncConnection, window: Window) -> tuple[RefusedMinute, ...]:
    """Count refused requests by party and minute."""
    found = await conn.execute(_scoped(REFUSED, window), window.parameters())
    return tuple(RefusedMinute(Who(row.oin), row.minute, row.times) for row in found)


async def key_changes(
    conn: AsyncConnection, window: Window, activities: Sequence[str]
) -> tuple[KeyChange, ...]:
    """Give every record that a key was registered or approved."""
    asked = {"activities": list(activities), "actions": list(window.rules.sleutelacties)}
    found = await conn.execute(KEY_CHANGES, window.parameters() | asked)
    return tuple(
        KeyChange(row.entry, Who(row.oin), row.recorded_at, row.action, row.name) for row in found
    )


async def pupil_looks(
    conn: AsyncConnection, window: Window, activities: Sequence[str]
) -> tuple[PupilLook, ...]:
    """Give every record of a look-up about a pupil, by who asked and for which reason alone."""
    found = await conn.execute(LOOKS, window.parameters() | {"activities": list(activities)})
    return tuple(
        PupilLook(row.entry, Who(row.oin, row.account), row.recorded_at, row.reden) for row in found
    )


async def breaches_since(conn: AsyncConnection, since: datetime) -> tuple[datetime, ...]:
    """Give when findings were called a breach."""
    found = await conn.execute(BREACHES, {"since": since})
    return tuple(row.reviewed_at for row in found)


async def entries_of(
    conn: AsyncConnection, findings: Sequence[Found], window: Window
) -> list[tuple[UUID, ...]]:
    """Give the first records that each finding is about, in one question for all."""
    asked = [(n, f) for n, f in enumerate(findings) if f.trail is not Trail.GENOEMD]
    keys = {
        "numbers": [number for number, _ in asked],
        "oins": [found.who.oin for _, found in asked],
        "accounts": [found.who.account for _, found in asked],
        "trails": [found.trail.value for _, found in asked],
        "abouts": [found.about for _, found in asked],
        "sinces": [found.since for _, found in asked],
        "untils": [found.until for _, found in asked],
        "opens": [usual_hours(legal_day(found.since), window.rules)[0] for _, found in asked],
        "closes": [usual_hours(legal_day(found.since), window.rules)[1] for _, found in asked],
        "floors": [window.floor(found.since) for _, found in asked],
        "ceilings": [window.ceiling(found.until) for _, found in asked],
        "most": MOST_ENTRIES,
    }
    listed: list[list[UUID]] = [list(found.entries) for found in findings]
    if asked:
        for row in await conn.execute(ENTRIES, window.parameters() | keys):
            listed[row.number].append(row.entry)
    return [tuple(entries) for entries in listed]


def _scoped(questions: tuple[TextClause, TextClause], window: Window) -> TextClause:
    of_all, of_one = questions
    return of_all if window.own is None else of_one
