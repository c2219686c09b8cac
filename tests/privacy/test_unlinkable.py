"""Pseudonyms do not join (P5): not two recipients, not two years, not two schools."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from exchange.messages.identifiers import Pgn
from tests.integration.api.world import World, bericht_id, signaal
from tests.persons import bsn, onderwijsnummer

THIS_YEAR = ({"van": "2026-10-05", "tot": "2026-10-09"}, {"van": "2026-11-02", "tot": "2026-11-06"})
LAST_YEAR = ({"van": "2026-05-11", "tot": "2026-05-15"}, {"van": "2026-06-01", "tot": "2026-06-05"})
ALKMAAR, ROTTERDAM = "leerplicht-0361", "leerplicht-0599"
SANNE, DAAN, NOOR = bsn(30), bsn(31), onderwijsnummer(30)
PASSED = {
    *("pgn", "vestigingscode", "venster", "ongeoorloofdeMinuten", "criterium"),
    *("oudersGeinformeerdOp", "actiesSchool", "contact"),
}
"""What leerplicht reads by contract section 3, as the school wrote it. The PGN is among it: it is
passed by law, so two leerplichtambtenaren who may lay their files together need no pseudonym."""


@dataclass(frozen=True)
class Opened:
    """One message as its recipient has it: what it opened, and the token as it travelled."""

    number: str
    content: dict[str, Any]
    token: str
    listed: dict[str, Any]

    @property
    def zaakreferentie(self) -> str:
        """The recipient's name for the pupil."""
        return str(self.content["zaakreferentie"])

    def values(self) -> set[str]:
        """Give every single value that the recipient sees, inside the seal and around it."""
        header = json.loads(base64.urlsafe_b64decode(self.token.partition(".")[0] + "=="))
        return {*_leaves(self.content), *_leaves(header), *_leaves(self.listed)} | set(
            self.token.split(".")[1:]
        )


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield json.dumps(value)


async def received(
    world: World,
    pgn: Pgn,
    venster: dict[str, str],
    recipient: str = ALKMAAR,
    vestiging: str = "99BB00",
    **changes: Any,  # noqa: ANN401  any member of a signaal
) -> Opened:
    """Send one signaal and open it at its recipient; no two are sent in the same second."""
    world.clock.moment += timedelta(seconds=61)
    sender = "las-zuid" if vestiging == "99CC00" else "las-noord"
    about = {"vestigingscode": vestiging, "woongemeente": recipient[-4:], "venster": venster}
    number = bericht_id(await world.send(signaal(pgn, **about, **changes), sender=sender))
    token = (await world.call(recipient, "GET", f"/v1/berichten/{number}")).text
    mailbox = (await world.call(recipient, "GET", "/v1/berichten?limit=500")).json()["berichten"]
    (listed,) = (item for item in mailbox if item["berichtId"] == number)
    return Opened(number, world.opened(recipient, token), token, listed)


@pytest.mark.parametrize("pgn", [SANNE, NOOR], ids=["bsn", "onderwijsnummer"])
async def test_a_recipient_knows_a_pupil_by_one_name_within_a_schooljaar(
    world: World, pgn: Pgn
) -> None:
    names = [
        (
            await received(world, pgn, venster, vestiging=vestiging, criterium=criterium)
        ).zaakreferentie
        for venster, vestiging, criterium in (
            (THIS_YEAR[0], "99BB00", "OPLOPEND"),
            (THIS_YEAR[1], "99BB00", "PATROON_VASTE_DAG"),
            (THIS_YEAR[1], "99BB01", "OPLOPEND"),
            (THIS_YEAR[0], "99CC00", "OPLOPEND"),
        )
    ]
    assert len(set(names)) == 1


async def test_the_next_schooljaar_the_same_recipient_knows_another_name(world: World) -> None:
    this = [await received(world, bsn(32), venster) for venster in THIS_YEAR]
    last = [await received(world, bsn(32), venster) for venster in LAST_YEAR]
    assert len({message.zaakreferentie for message in this}) == 1
    assert len({message.zaakreferentie for message in last}) == 1
    assert this[0].zaakreferentie != last[0].zaakreferentie


async def test_two_recipients_know_one_pupil_by_different_names(world: World) -> None:
    names = [
        (await received(world, bsn(33), venster, recipient, vestiging)).zaakreferentie
        for recipient, vestiging in ((ALKMAAR, "99BB00"), (ROTTERDAM, "99BB01"))
        for venster in (*THIS_YEAR, *LAST_YEAR)
    ]
    assert len(set(names)) == 4  # one for each recipient and schooljaar
    assert set(names[:4]).isdisjoint(names[4:])


async def test_no_two_pupils_share_a_name(world: World) -> None:
    pupils = [bsn(number) for number in range(40, 60)]
    names = {(await received(world, pgn, THIS_YEAR[0])).zaakreferentie for pgn in pupils}
    assert len(names) == len(pupils)


async def test_two_recipients_have_no_more_in_common_about_one_pupil_than_about_two(
    world: World,
) -> None:
    """What both hold of one pupil, less what both hold of two pupils, is the PGN the law passes."""
    first = await received(world, SANNE, LAST_YEAR[0], ALKMAAR, ongeoorloofdeMinuten=101)
    other = await received(world, SANNE, LAST_YEAR[1], ROTTERDAM, ongeoorloofdeMinuten=202)
    somebody = await received(world, DAAN, LAST_YEAR[1], ROTTERDAM, ongeoorloofdeMinuten=202)
    of_one = first.values() & other.values()
    of_two = first.values() & somebody.values()
    assert of_one - of_two == {json.dumps(SANNE.reveal())}
    added = [
        {
            value
            for name in message.content.keys() - PASSED
            for value in _leaves(message.content[name])
        }
        for message in (first, other)
    ]
    assert added[0] & added[1] == {'"signaal"'}
    assert first.content.keys() - PASSED == {"berichtId", "soort", "zaakreferentie"}


async def test_a_stored_link_to_a_pupil_holds_for_one_school_and_one_year(world: World) -> None:
    pupil, classmate = bsn(34), bsn(35)
    sent: dict[str, tuple[str, str, int]] = {}
    for pgn in (pupil, classmate):
        for vestiging in ("99BB00", "99BB01", "99CC00"):
            for year, windows in ((2026, THIS_YEAR), (2025, LAST_YEAR)):
                for venster in windows:
                    opened = await received(world, pgn, venster, vestiging=vestiging)
                    sent[opened.number] = (pgn.reveal(), vestiging, year)
    async with world.database.raw() as conn:
        rows = await conn.fetch("SELECT bericht_id, blind_index, salt FROM subject_link")
        rows = [row for row in rows if str(row["bericht_id"]) in sent]
        keys = await conn.fetch("SELECT digest, bericht_id FROM natural_keys")
    indexes: dict[tuple[str, str, int], set[bytes]] = {about: set() for about in sent.values()}
    for row in rows:
        indexes[sent[str(row["bericht_id"])]].add(row["blind_index"])
    assert all(len(found) == 1 for found in indexes.values())  # inzage finds all of them
    assert len(set().union(*indexes.values())) == len(indexes) == 12
    assert len(rows) >= 2 * len(sent)  # accepted, downloaded
    assert len({row["salt"] for row in rows}) == len(rows)
    mine = [row["digest"] for row in keys if str(row["bericht_id"]) in sent]
    assert len(set(mine)) == len(sent)


async def test_the_log_names_a_pupil_differently_in_every_record(world: World) -> None:
    numbers = [(await received(world, bsn(36), venster)).number for venster in THIS_YEAR]
    query = "SELECT leaf FROM log_records WHERE bericht_id = ANY ($1)"
    async with world.database.raw() as conn:
        leaves = [
            json.loads(row["leaf"])
            for row in await conn.fetch(query, [UUID(number) for number in numbers])
        ]
    named = [leaf["attributes"]["dpl.core.data_subject_id"] for leaf in leaves]
    assert len(named) == len(set(named)) == 4  # two accepted, two downloaded
    assert {leaf["attributes"]["dpl.core.data_subject_id_type"] for leaf in leaves} == {
        "vx-verbintenis/1"
    }
