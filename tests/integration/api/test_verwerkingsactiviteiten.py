"""The register of processing, which anybody may read: as this gateway works, on any day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from exchange.messages.contracts import CONTRACTS
from exchange.policy.necessity import Mode
from exchange.policy.parties import RECIPIENT_ROLES
from tests.integration.api.world import World, faults, refusal, signaal

PATH = "/v1/verwerkingsactiviteiten"
LIST = "verwerkingsactiviteiten"


async def published(world: World, query: str = "", name: str | None = None) -> dict[str, Any]:
    answer = await world.call(name, "GET", PATH + query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    document: dict[str, Any] = answer.json()
    return document


@pytest.mark.parametrize("name", [None, "niemand", "las-noord", "leerplicht-0361", "fg"])
async def test_anybody_reads_the_same(world: World, name: str | None) -> None:
    assert await published(world, name=name) == await published(world)


async def test_it_holds_every_stream_and_what_is_no_message(world: World) -> None:
    document = await published(world)
    assert (document["peildatum"], document["modus"]) == ("2026-11-18", "proef")
    assert (document["geschiedenis"], document["aangekondigd"]) == ([], [])
    streams = [a["stroom"] for a in document[LIST] if a["stroom"]]
    assert {(s["bericht"], s["rol"]) for s in streams} == {
        (soort.value, role.value) for soort in CONTRACTS for role in RECIPIENT_ROLES
    }
    assert "mailbox-beheer/1" in {a["id"] for a in document[LIST]}


async def test_every_activity_says_what_article_30_asks(world: World) -> None:
    for activity in (await published(world))[LIST]:
        for member in (
            *("naam", "verwerkingsverantwoordelijke", "verwerker", "doel", "grondslag"),
            *("betrokkenen", "gegevens", "bewaring", "doorgifte", "maatregelen", "dpia"),
        ):
            assert activity[member], (activity["id"], member)
        assert all("zoveel" not in place["termijn"] for place in activity["bewaring"])
        assert activity["ontvangers"] or activity["stroom"]["bereik"] == "geen"


async def test_what_it_says_of_a_member_is_what_a_receipt_says(world: World) -> None:
    activities = {a["id"]: a for a in (await published(world))[LIST]}
    answer = await world.send(signaal(world.pupil()))
    for stream in answer.json()["stromen"]:
        said = {d["naam"]: d for d in activities[f"signaal-{stream['rol']}/1"]["gegevens"]}
        for kind in ("doorgegeven", "gegeneraliseerd", "afgeleid", "route"):
            assert all(said[name]["behandeling"] == kind for name in stream[kind])
        for withheld in stream["ingehouden"]:
            datum = said[withheld["veld"]]
            assert datum["behandeling"] == "ingehouden"
            assert datum["toelichting"] == withheld["grond"]


async def test_the_activity_of_a_record_is_found_by_its_name(world: World) -> None:
    activities = (await published(world))[LIST]
    for activity in activities:
        answer = await world.call(None, "GET", f"{PATH}/{activity['id']}")
        assert (answer.status_code, answer.json()) == (200, activity)


@pytest.mark.parametrize("name", ["signaal-leerplicht/2", "signaal/1", "x/y", "%2e%2e/1"])
async def test_an_unknown_activity_is_not_found(world: World, name: str) -> None:
    assert refusal(await world.call(None, "GET", f"{PATH}/{name}")) == (404, "niet-gevonden")


async def test_it_answers_for_another_day(world: World) -> None:
    before = await published(world, "?op=2025-07-31")
    assert (before["peildatum"], before[LIST]) == ("2025-07-31", [])
    assert before["aangekondigd"] == (await published(world, "?op=2025-08-01"))[LIST]


@pytest.mark.parametrize("day", ["gisteren", "2026-02-30", "20260901", "2026-9-1", "", "0"])
async def test_a_day_that_is_none_is_refused(world: World, day: str) -> None:
    answer = await world.call(None, "GET", f"{PATH}?op={day}")
    assert refusal(answer) == (400, "waarde-ongeldig")
    assert faults(answer) == [("/op", "waarde-ongeldig")]


async def test_who_has_it_already_gets_nothing_new(world: World) -> None:
    first = await world.call(None, "GET", PATH)
    again = await world.call(None, "GET", PATH, if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    other = await world.call(None, "GET", PATH, if_none_match='"x"')
    assert (other.status_code, other.content) == (200, first.content)


async def test_another_form_is_not_given(world: World) -> None:
    answer = await world.call(None, "GET", PATH, accept="text/csv")
    assert refusal(answer) == (406, "niet-aanvaardbaar")


async def test_in_production_a_proposal_is_not_applied_and_passes_nothing(world: World) -> None:
    for activity in (await published(world.over(mode=Mode.PRODUCTION)))[LIST]:
        assert activity["toegepast"] is (activity["status"] == "geldend")
        if activity["stroom"] and not activity["toegepast"]:
            assert activity["ontvangers"] == []
            assert {d["behandeling"] for d in activity["gegevens"]} == {"ingehouden"}


async def test_before_the_first_table_nothing_is_processed(world: World) -> None:
    with world.at(datetime(2025, 7, 31, 12, tzinfo=UTC)):
        assert (await published(world))[LIST] == []


async def test_reading_it_leaves_no_trace(world: World) -> None:
    standing = await world.everything()
    await published(world, name="las-noord")
    assert await world.everything() == standing
