"""After a rotation of pseudonyms a message still finds the one that it is about, by berichtId."""

from __future__ import annotations

import pytest

from exchange.messages.identifiers import Pgn, Schooljaar
from tests.integration.api.world import (
    NOW,
    OINS,
    World,
    bericht_id,
    refusal,
    signaal,
    verzuimmelding,
)

OFFICER, OTHER_OFFICER = "leerplicht-0361", "leerplicht-0599"
YEAR = Schooljaar.of(NOW.date())
OTHER_WINDOW = {"van": "2026-11-02", "tot": "2026-11-06"}


async def reference(world: World, number: str, name: str = OFFICER) -> str:
    """Give the zaakreferentie of a message, as its recipient reads it."""
    return str(world.opened(name, await world.download(name, number))["zaakreferentie"])


async def sent(world: World, pupil: Pgn, **changes: object) -> str:
    """Have a signaal accepted."""
    return bericht_id(await world.send(signaal(pupil, **changes)))


async def test_the_next_message_has_another_zaakreferentie_and_sent_ones_keep_theirs(
    world: World,
) -> None:
    pupil = world.pupil()
    first, second = await sent(world, pupil), await sent(world, pupil, venster=OTHER_WINDOW)
    old = await reference(world, first)
    assert await reference(world, second) == old
    world.gateway.keys.rotate_pseudonyms(OINS[OFFICER], YEAR)
    melding = bericht_id(await world.report_absence(verzuimmelding(pupil)))
    assert await reference(world, melding) != old
    assert await reference(world, first) == old


async def test_a_replacement_after_the_rotation_takes_the_place_of_the_message_before_it(
    world: World,
) -> None:
    pupil = world.pupil()
    before = await sent(world, pupil)
    old = await reference(world, before)
    world.gateway.keys.rotate_pseudonyms(OINS[OFFICER], YEAR)
    after = await sent(world, pupil, vervangt=before, ongeoorloofdeMinuten=600)
    content = await world.collect(OFFICER, after)
    assert content["vervangt"] == before
    assert content["zaakreferentie"] != old
    assert (await world.mailbox(OFFICER))[before] == "ingetrokken"


@pytest.mark.parametrize("reden", ["onjuist", "hersteld"])
async def test_a_withdrawal_after_the_rotation_names_its_message_and_no_pupil(
    world: World, reden: str
) -> None:
    before = await world.sent()
    await world.download(OFFICER, before)
    world.gateway.keys.rotate_pseudonyms(OINS[OFFICER], YEAR)
    intrekking = bericht_id(await world.withdraw(before, reden=reden))
    content = await world.collect(OFFICER, intrekking)
    assert content == {
        "berichtId": intrekking,
        "soort": "intrekking",
        "betreft": before,
        "reden": reden,
    }


async def test_counting_and_recognition_go_on_under_the_same_keys(world: World) -> None:
    pupil = world.pupil()
    await sent(world, pupil)
    pupils = await world.rows("SELECT DISTINCT pupil FROM registrations")
    world.gateway.keys.rotate_pseudonyms(OINS[OFFICER], YEAR)
    assert refusal(await world.send(signaal(pupil))) == (409, "al-gemeld")
    assert await world.rows("SELECT DISTINCT pupil FROM registrations") == pupils


async def test_another_recipient_keeps_its_references(world: World) -> None:
    pupil = world.pupil()
    where = {"vestigingscode": "99CC00", "woongemeente": "0599"}

    async def to_rotterdam(**changes: object) -> str:
        number = bericht_id(await world.send(signaal(pupil, **where, **changes), sender="las-zuid"))
        return await reference(world, number, OTHER_OFFICER)

    before = await to_rotterdam()
    world.gateway.keys.rotate_pseudonyms(OINS[OFFICER], YEAR)
    assert await to_rotterdam(venster=OTHER_WINDOW) == before
