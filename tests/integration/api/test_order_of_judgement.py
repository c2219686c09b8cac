"""In which order a message is judged, whatever is looked up first and however many come at once."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.integration.api.world import (
    World,
    bericht_id,
    faults,
    refusal,
    signaal,
    verzuimmelding,
)

REUSED = (409, "idempotentiesleutel-hergebruikt")


@pytest.mark.parametrize(
    "changes",
    [
        {"vestigingscode": "99CC00"},  # of another
        {"vestigingscode": "99ZZ99"},  # of nobody
        {"vestigingscode": "nergens"},
        {"pgn": "123456789"},
        {"venster": {"van": "2026-11-13", "tot": "2026-10-26"}},
        {"vervangt": "01a10000-0000-7000-8000-000000000001"},
        {"ongeoorloofdeMinuten": 99999},
        {"onbekend": True},
    ],
)
async def test_a_known_key_is_told_before_anything_is_said_about_another_body(
    world: World, changes: dict[str, object]
) -> None:
    key, pupil = world.key(), world.pupil()
    bericht_id(await world.send(signaal(pupil), key=key))
    other = {**signaal(pupil), **changes}
    assert refusal(await world.send(other, key=key)) == REUSED
    assert refusal(await world.send(other))[1] != REUSED[1]


async def test_a_first_answer_is_given_again_when_the_same_would_be_refused_by_now(
    world: World,
) -> None:
    key, pupil = world.key(), world.pupil()
    first = await world.send(signaal(pupil), key=key)
    bericht_id(first)
    await world.execute("UPDATE verzuimbeleid SET criteria = '{}' WHERE vestigingscode = '99BB00'")
    try:
        assert (await world.send(signaal(pupil), key=key)).content == first.content
        answer = await world.send(signaal(pupil))
        assert refusal(answer) == (400, "onbekend-criterium")
    finally:
        await world.execute(
            "UPDATE verzuimbeleid SET criteria = '{OPLOPEND,PATROON_VASTE_DAG}'"
            " WHERE vestigingscode = '99BB00'"
        )


async def test_what_is_wrong_with_the_form_is_told_with_what_the_rules_find(world: World) -> None:
    broken = signaal(world.pupil(), contact=None, criterium="ONBEKEND")
    assert faults(await world.send(broken)) == [
        ("/contact", "verplicht-veld"),
        ("/criterium", "onbekend-criterium"),
    ]


async def test_a_form_that_is_faulty_is_told_before_a_mandate_that_is_not_there(
    world: World,
) -> None:
    foreign = signaal(world.pupil(), vestigingscode="99CC00")
    assert refusal(await world.send(foreign)) == (403, "geen-mandaat")
    assert refusal(await world.send({**foreign, "contact": None}))[0] == 400


async def test_each_of_many_at_once_is_told_its_own(world: World) -> None:
    key, other_key, pupil = world.key(), world.key(), world.pupil()
    first = await world.send(signaal(pupil), key=key)
    number = bericht_id(first)
    bericht_id(await world.send(signaal(world.pupil()), key=other_key))
    answers = await asyncio.gather(
        world.send(signaal(pupil), key=key),
        world.send(b"{", key=other_key),
        world.send(b"{"),
        world.send(signaal(world.pupil(), vestigingscode="99CC00")),
        world.send(signaal(pupil)),
        world.send(signaal(world.pupil(), criterium="ONBEKEND")),
        world.report_absence(verzuimmelding(world.pupil())),
        world.send(signaal(world.pupil())),
        world.withdraw("01a10000-0000-7000-8000-00000000dead"),
    )
    assert answers[0].content == first.content
    assert [refusal(answer) for answer in (*answers[1:6], answers[8])] == [
        REUSED,
        (400, "ongeldige-json"),
        (403, "geen-mandaat"),
        (409, "al-gemeld"),
        (400, "onbekend-criterium"),
        (404, "niet-gevonden"),
    ]
    assert json.loads(answers[4].content)["berichtId"] == number
    assert len({bericht_id(answer) for answer in answers[6:8]}) == 2
