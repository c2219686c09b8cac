"""Tells a school which of its pupils reached the legal threshold, by its own ids alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from exchange.accountability.record import Action
from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.pipeline.at_rest import column_key, registratie_id_context
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.school_side import Reader, log_act
from exchange.policy.calendar import Schoolkalender
from exchange.policy.counting import Count
from exchange.policy.facts import Dagverzuim
from exchange.policy.mandates import require_mandate
from exchange.policy.thresholds import threshold_minutes
from exchange.storage import counting, school_facts
from exchange.storage.cursors import decode, page_of
from exchange.storage.database import Connection
from exchange.storage.rows import CountedRow, Page

_LOOKED_UP = (Action.DREMPELMELDINGEN_INGEZIEN, "drempelmeldingen/1")


@dataclass(frozen=True, slots=True)
class Drempelmelding:
    """A pupil who reached the threshold, named by the registrations that count."""

    registratie_ids: tuple[str, ...] = field(repr=False)
    bereikt_op: date
    minuten: int


@dataclass(frozen=True, slots=True)
class _Reached:
    bereikt_op: date
    minuten: int
    rows: tuple[CountedRow, ...]

    @property
    def position(self) -> UUID:
        """By day, then by a keyed digest of the first registratieId: a place that no row moves."""
        day = self.bereikt_op.toordinal().to_bytes(4)
        return UUID(bytes=day + self.rows[0].id_digest[1:13])


async def list_drempelmeldingen(
    who: Reader, vestiging: Vestigingscode, cursor: str | None, limit: int, gateway: Gateway
) -> Page[Drempelmelding]:
    """Give one page of the pupils of a vestiging who reached the threshold this schooljaar.

    The look-up is recorded before anything is shown; one that gave nothing is a metric only.
    """
    today = gateway.today()
    require_mandate(who.party, vestiging, gateway.directory(), today)
    async with gateway.database.transaction(party=who.party.oin, today=today) as conn:
        found = sorted(await _reached(conn, vestiging, gateway), key=lambda one: one.position)
        after = decode(cursor) if cursor else UUID(int=0)
        rest = [one for one in found if one.position > after]
        page = page_of(rest[: limit + 1], limit, lambda one: one.position)
        await _log(conn, who, vestiging, page.items, gateway)
    return Page([_opened(one, vestiging, gateway) for one in page.items], page.next_cursor)


async def _reached(conn: Connection, vestiging: Vestigingscode, gateway: Gateway) -> list[_Reached]:
    schooljaar = Schooljaar.of(gateway.today())
    limits = await _limits(conn, vestiging, schooljaar, gateway)
    if not limits:
        return []
    kalender = Schoolkalender(await school_facts.kalender(conn, vestiging, schooljaar) or ())
    meldingen = await counting.meldingen_by_pupil(conn, vestiging, schooljaar)
    counted = await counting.registered_often(conn, vestiging, schooljaar, min(limits.values()))
    weeks = gateway.law.on(gateway.today()).drempel_lesweken
    found = []
    for pupil, rows in groupby(counted, key=lambda row: row.pupil):
        own = [row for row in rows if row.datum in limits]
        days = (Dagverzuim(row.datum, row.minuten) for row in own)
        count = Count(kalender, schooljaar, weeks, tuple(meldingen.get(pupil, ())))
        stand = count.first_reached(days, limits.__getitem__)
        if stand is not None:
            counts = tuple(row for row in own if row.datum in stand.dagen)
            found.append(_Reached(stand.op, stand.minuten, counts))
    return found


async def _limits(
    conn: Connection, vestiging: Vestigingscode, schooljaar: Schooljaar, gateway: Gateway
) -> dict[date, int]:
    """Give the threshold on each day until today: by the law, sector and policy of that day."""
    directory, beleid = gateway.directory(), await school_facts.all_beleid(conn, vestiging)
    limits = {}
    for day in _days(schooljaar.first_day, gateway.today()):
        there = directory.vestiging_on(vestiging, day)
        if there is not None:
            ruling = school_facts.in_force(beleid, day)
            lesuur = ruling.lesuur_in_minuten if ruling else None
            limits[day] = threshold_minutes(gateway.law.on(day), there.sector, lesuur)
    return limits


def _days(van: date, tot: date) -> Iterator[date]:
    return (van + timedelta(days=n) for n in range((tot - van).days + 1))


def _opened(one: _Reached, vestiging: Vestigingscode, gateway: Gateway) -> Drempelmelding:
    key = column_key(vestiging, Schooljaar.of(one.bereikt_op))
    own = (
        gateway.keys.open(key, row.id_sealed, registratie_id_context(vestiging, row.id_digest))
        for row in one.rows
    )
    return Drempelmelding(tuple(text.decode() for text in own), one.bereikt_op, one.minuten)


async def _log(
    conn: Connection,
    who: Reader,
    vestiging: Vestigingscode,
    shown: Sequence[_Reached],
    gateway: Gateway,
) -> None:
    if shown:
        await log_act(
            conn,
            who,
            str(vestiging),
            _LOOKED_UP,
            gateway,
            velden=("registratieIds", "bereiktOp", "minuten"),
            aantal=len(shown),
            berichten=sorted({str(row.bericht_id) for one in shown for row in one.rows}),
        )
