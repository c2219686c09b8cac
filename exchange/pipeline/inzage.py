"""Tells what became of one pupil's data, from a PGN that is used once and kept nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set

from exchange.accountability.inzage import Inzage, Reach
from exchange.accountability.inzage_report import how_far_back
from exchange.accountability.inzage_telling import Telling, parties_in, tell
from exchange.accountability.record import Action, Subject
from exchange.accountability.register import Register, register
from exchange.crypto.pseudonym import blind_index
from exchange.errors import Code, Invalid, KeyDestroyed, Violation
from exchange.messages.identifiers import Periode, Pgn, Schooljaar, Vestigingscode
from exchange.messages.inzage import Inzageverzoek
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.onlooker import Onlooker, log_look
from exchange.policy.inspection import inspector, may_inspect
from exchange.policy.necessity import Mode
from exchange.policy.parties import Party
from exchange.policy.retention import oldest_kept, registrations_kept_from
from exchange.ports import KeyProvider
from exchange.storage.database import Connection
from exchange.storage.inzage import (
    FoundLink,
    Place,
    PupilName,
    links_of,
    names_of,
    places_with_links,
    records_of,
)

ACTIVITY = "inzage-betrokkene/1"


async def inzage(who: Onlooker, verzoek: Inzageverzoek, gateway: Gateway) -> Inzage:
    """Give every processing still linked to the pupil, as far as ``who`` may see.

    The look itself is a record, committed before anything is shown. Nobody learns more from an
    unknown number than that nothing was found.
    """
    _require_test_number(verzoek.pgn, gateway.mode)
    today = gateway.today()
    party = inspector(who.party, None, gateway.directory(), today)
    searched = _places(party, gateway)
    async with gateway.database.transaction(party=party.oin, today=today) as conn:
        places = await places_with_links(conn, searched)
    names = await asyncio.to_thread(_names, verzoek.pgn, places, gateway.keys)
    async with gateway.database.transaction(party=party.oin, today=today) as conn:
        links = await links_of(conn, names)
        found = await _found(conn, links, {str(code) for code, _ in searched}, gateway)
        await log_look(
            conn,
            who,
            Action.INZAGE_GEGEVEN,
            gateway,
            activiteit=ACTIVITY,
            subjects=_subjects(links),
            reden=verzoek.reden.value,
            verwerkingen=len(found.verwerkingen),
        )
    return found


def _require_test_number(pgn: Pgn, mode: Mode) -> None:
    if mode is Mode.TRIAL and not pgn.is_test:
        detail = "De proef neemt alleen testnummers aan."
        raise Invalid([Violation("/pgn", Code.PGN_ONGELDIG, detail)])


def _places(party: Party, gateway: Gateway) -> list[Place]:
    """Give where ``party`` may search: each of its vestigingen, in each schooljaar that is kept.

    One schooljaar more than the term: what was not purged yet is still there to be told.
    """
    today = gateway.today()
    current = Schooljaar.of(today)
    oldest = oldest_kept(current, gateway.law.on(today)).start - 1
    directory = gateway.directory()
    return [
        (code, Schooljaar(start))
        for code in directory.vestigingen
        if may_inspect(party, code, directory, today)
        for start in range(oldest, current.start + 1)
    ]


def _names(pgn: Pgn, places: Sequence[Place], keys: KeyProvider) -> list[PupilName]:
    """Compute the pupil's name at every place; where the key is destroyed, nobody has one."""
    names = []
    for code, schooljaar in places:
        try:
            index = blind_index(pgn, code, schooljaar, keys)
        except KeyDestroyed:
            continue
        names.append(PupilName((code, schooljaar), index))
    return names


async def _found(
    conn: Connection, links: Sequence[FoundLink], own: Set[str], gateway: Gateway
) -> Inzage:
    """Give the records of the pupil, and those of messages about this pupil alone.

    Who looked at a delivery of registrations saw no pupil in it: it is about many.
    """
    entries = {link.entry for link in links}
    alone = {link.bericht_id for link in links if link.bericht_id and link.periode is None}
    records = await records_of(conn, entries, alone)
    schools = _schools({str(link.name.place[0]) for link in links} & own, gateway)
    names = await names_of(conn, parties_in(records)) | schools
    telling = Telling(names, _register(gateway), own.__contains__)
    reach = _reach(gateway)
    return Inzage(tell(records, links, telling), reach, how_far_back(reach), schools)


def _register(gateway: Gateway) -> Register:
    return register(gateway.necessity, gateway.activities, gateway.mode)


def _schools(own: Set[str], gateway: Gateway) -> dict[str, str]:
    """Give the names of school locations, as they are called today."""
    directory, today = gateway.directory(), gateway.today()
    found = ((code, directory.vestiging_on(Vestigingscode(code), today)) for code in own)
    return {code: there.naam for code, there in found if there is not None and there.naam}


def _reach(gateway: Gateway) -> Reach:
    today = gateway.today()
    oldest = oldest_kept(Schooljaar.of(today), gateway.law.on(today))
    return Reach(oldest.first_day, registrations_kept_from(today, gateway.law))


def _subjects(links: Sequence[FoundLink]) -> tuple[Subject, ...]:
    """Give the pupil at every place where something was found.

    Where that is registrations alone, the link of this look goes with the last of their months.
    """
    perioden: dict[PupilName, list[Periode | None]] = {}
    for link in links:
        perioden.setdefault(link.name, []).append(link.periode)
    return tuple(
        Subject(*name.place, name.blind_index, _latest(found)) for name, found in perioden.items()
    )


def _latest(perioden: Sequence[Periode | None]) -> Periode | None:
    known = [periode for periode in perioden if periode is not None]
    return max(known) if len(known) == len(perioden) else None
