"""Who looks in the log finds records, takes them along signed, or sees how many there are.

Each look is itself a record, in the transaction that reads: unlogged, nothing is shown (P8).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from time import monotonic
from typing import Any
from uuid import UUID

from exchange.accountability.authenticity import is_authentic
from exchange.accountability.record import Action
from exchange.messages.identifiers import Oin, spells_a_pgn, spells_a_pgn_as_id
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.onlooker import Onlooker, log_look
from exchange.policy.calendar import AMSTERDAM
from exchange.policy.parties import Role
from exchange.ports import KeyProvider
from exchange.storage import logregels
from exchange.storage.cursors import decode, encode
from exchange.storage.database import Connection
from exchange.storage.logregels import FoundRecord, LogFilter
from exchange.storage.rows import Page

_MOST_SECONDS = 0.1
"""When a page is not full by then, it is given as it is: the next goes on where this one ended."""


@dataclass(frozen=True, slots=True)
class Vraag:
    """What is asked; a day counts whole, and a moment ``tot`` is the first one after."""

    van: date | datetime | None = None
    tot: date | datetime | None = None
    actor: Oin | None = None
    ontvanger: Oin | None = None
    activiteit: str | None = None
    bericht_id: UUID | None = None
    uitkomst: str | None = None
    action: str | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """A party by its OIN, and the name that it has today; its OIN when it has none here."""

    oin: str
    name: str


@dataclass(frozen=True, slots=True)
class Logregel:
    """One record in the words of the contract; ``velden`` are names of members, never values."""

    entry: UUID
    tijd: datetime
    actie: str
    activiteit: str
    door: Party | None
    namens: str | None
    aan: Party | None
    bericht_id: UUID | None
    uitkomst: str
    code: str | None
    velden: tuple[str, ...]
    beleid: str | None
    toegangspunt: str | None
    sealed: bool
    unaltered: bool


async def zoek(
    who: Onlooker, vraag: Vraag, cursor: str | None, limit: int, gateway: Gateway
) -> Page[Logregel]:
    """Give one page of what is asked, newest first.

    A page may hold less than ``limit`` and yet name a next one: then there was much to look
    through, and the search goes on from there.
    """
    async with gateway.database.transaction(party=who.party.oin, today=gateway.today()) as conn:
        found, reached = await _collected(conn, who, vraag, cursor, limit)
        records = await logregels.records_of(conn, found)
        await log_look(
            conn,
            who,
            Action.LOGREGELS_INGEZIEN,
            gateway,
            vraag=told(vraag, gateway),
            aantal=len(records),
        )
    names = party_names(gateway)
    return Page(
        [regel_of(one, names, gateway.keys) for one in records],
        encode(reached) if reached else None,
    )


async def _collected(
    conn: Connection, who: Onlooker, vraag: Vraag, cursor: str | None, limit: int
) -> tuple[list[UUID], UUID | None]:
    """Walk on, a stretch at a time, until there is a page, nothing is left, or it takes long."""
    wanted, own = filter_of(vraag), not sees_all(who)
    before = decode(cursor) if cursor else None
    found: list[UUID] = []
    until = monotonic() + _MOST_SECONDS
    for turn in count():
        left = limit + 1 - len(found)
        stretch = await logregels.search(conn, wanted, before, left, turn=turn, own=own)
        found += stretch.entries
        before = stretch.reached
        if len(found) > limit:
            return found[:limit], found[limit - 1]
        if before is None or monotonic() > until:
            break
    return found, before


def sees_all(who: Onlooker) -> bool:
    """Whether somebody looks for the operator's FG, from whom the database hides no record."""
    return who.party.has(Role.FG)


def filter_of(vraag: Vraag) -> LogFilter:
    """Give the question as the storage asks it."""
    return LogFilter(
        van=_begin(vraag.van) if vraag.van else None,
        tot=_end(vraag.tot) if vraag.tot else None,
        actor=vraag.actor,
        recipient=vraag.ontvanger,
        activity=vraag.activiteit,
        bericht_id=vraag.bericht_id,
        outcome=vraag.uitkomst,
        action=vraag.action,
    )


def party_names(gateway: Gateway) -> Mapping[str, str]:
    """Give the name of every connected party, by its OIN."""
    return {str(oin): party.name for oin, party in gateway.directory().parties.items()}


def regel_of(record: FoundRecord, names: Mapping[str, str], keys: KeyProvider) -> Logregel:
    """Give a record as it is shown; one that was changed since is shown as such."""
    said: dict[str, Any] = json.loads(record.leaf)
    return Logregel(
        entry=record.entry,
        tijd=record.recorded_at,
        actie=record.action or said["name"],
        activiteit=record.activity,
        door=_party(record.actor, names),
        namens=said.get("namens"),
        aan=_party(record.recipient, names),
        bericht_id=record.bericht_id,
        uitkomst=record.outcome,
        code=said.get("code"),
        velden=tuple(said.get("velden", ())),
        beleid=said.get("beleid"),
        toegangspunt=said.get("toegangspunt"),
        sealed=record.sealed,
        unaltered=_says_the_same(record, said) and is_authentic(record.entry, record.leaf, keys),
    )


def _says_the_same(record: FoundRecord, said: Mapping[str, Any]) -> bool:
    """Whether the columns that are searched say what the record itself says."""
    searched = (record.actor, record.recipient, record.outcome, record.bericht_id)
    stands = (said.get(name) for name in ("actor", "ontvanger", "uitkomst", "berichtId"))
    return [str(one) for one in searched] == [str(one) for one in stands]


def _party(oin: str | None, names: Mapping[str, str]) -> Party | None:
    return Party(oin, names.get(oin, oin)) if oin else None


def told(vraag: Vraag, gateway: Gateway) -> dict[str, str]:
    """Say what was asked, by name and value, but for a value in which a PGN can be read.

    The record of a search must not become a place where somebody's number lies.
    """
    return dict(_readable(vraag, gateway))


def _readable(vraag: Vraag, gateway: Gateway) -> Iterator[tuple[str, str]]:
    for field in fields(vraag):
        value = getattr(vraag, field.name)
        if isinstance(value, Oin):
            hidden = value not in gateway.directory().parties and spells_a_pgn(value.reveal())
            yield field.name, "" if hidden else value.reveal()
        elif isinstance(value, UUID):
            yield field.name, "" if spells_a_pgn_as_id(value) else str(value)
        elif value is not None:
            said = value.isoformat() if isinstance(value, date) else str(value)
            yield field.name, "" if spells_a_pgn(said) else said


def _begin(day: date | datetime) -> datetime:
    return _inside(day) if isinstance(day, datetime) else _midnight(day)


def _end(day: date | datetime) -> datetime:
    return _inside(day) if isinstance(day, datetime) else _midnight(day, days=1)


def _midnight(day: date, days: int = 0) -> datetime:
    """Give the moment at which a day begins."""
    inside = min(max(day, _FIRST_DAY), _LAST_DAY) + timedelta(days=days)
    return datetime.combine(inside, time(), AMSTERDAM).astimezone(UTC)


def _inside(moment: datetime) -> datetime:
    """Keep a moment where every zone can tell it: what lies beyond counts as the edge."""
    first, last = (datetime.combine(day, time(), UTC) for day in (_FIRST_DAY, _LAST_DAY))
    return min(max(moment, first), last)


_FIRST_DAY, _LAST_DAY = date(1, 1, 3), date(9999, 12, 29)
