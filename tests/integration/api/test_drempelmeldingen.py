"""What a school is told about pupils who reached the threshold: its own ids, a day and minutes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from exchange.messages.identifiers import Pgn
from tests.integration.api.registrations import register
from tests.integration.api.test_outage import without_log
from tests.integration.api.world import (
    BELEID,
    OINS,
    World,
    bericht_id,
    refusal,
    verzuimmelding,
)

PATH = "/v1/drempelmeldingen"
SIXTEEN = {"2026-11-02": 480, "2026-11-03": 480}


@pytest.fixture(autouse=True)
async def _nothing_registered(world: World) -> None:
    await world.execute("DELETE FROM registrations", "DELETE FROM telstand")


async def ask(
    world: World, query: str = "vestigingscode=99BB00", name: str = "las-noord"
) -> httpx.Response:
    """Ask for the drempelmeldingen of a vestiging."""
    return await world.call(name, "GET", f"{PATH}?{query}")


async def told(world: World, vestigingscode: str = "99BB00") -> list[dict[str, Any]]:
    """Give the drempelmeldingen of a vestiging."""
    name = "las-zuid" if vestigingscode == "99CC00" else "las-noord"
    answer = await ask(world, f"vestigingscode={vestigingscode}", name)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert set(document) == {"drempelmeldingen", "_links"}
    found: list[dict[str, Any]] = document["drempelmeldingen"]
    return found


async def test_a_pupil_at_the_threshold_is_named_by_registrations_and_nothing_else(
    world: World,
) -> None:
    pupil = world.pupil()
    ids = await register(world, pupil, SIXTEEN)
    await register(world, pupil, {"2026-11-04": 480}, categorie="geoorloofd")
    await register(world, pupil, {"2026-09-28": 480, "2026-11-05": 60})
    answer = await ask(world)
    assert answer.json() == {
        "drempelmeldingen": [{"registratieIds": ids, "bereiktOp": "2026-11-03", "minuten": 960}],
        "_links": {},
    }
    assert pupil.reveal() not in answer.text


@pytest.mark.parametrize("vestigingscode", ["99AA00", "99BB00"])
async def test_a_minute_below_the_threshold_nobody_is_told(
    world: World, vestigingscode: str
) -> None:
    pupil = world.pupil()
    await register(world, pupil, {"2026-11-02": 480, "2026-11-03": 479}, vestigingscode)
    assert await told(world, vestigingscode) == []
    await register(world, pupil, {"2026-11-06": 1}, vestigingscode)
    (one,) = await told(world, vestigingscode)
    assert (one["bereiktOp"], one["minuten"], len(one["registratieIds"])) == ("2026-11-06", 960, 3)


async def test_minutes_of_two_pupils_or_two_schools_are_never_added_up(world: World) -> None:
    pupil = world.pupil()
    await register(world, pupil, {"2026-11-02": 480})
    await register(world, world.pupil(), {"2026-11-03": 480})
    await register(world, pupil, {"2026-11-03": 480}, "99BB01")
    assert await told(world) == []
    assert await told(world, "99BB01") == []
    ids = await register(world, world.pupil(), SIXTEEN, "99BB01")
    assert await told(world) == []
    assert [item["registratieIds"] for item in await told(world, "99BB01")] == [ids]


async def test_the_threshold_is_reached_across_a_holiday_but_not_in_a_fifth_week(
    world: World,
) -> None:
    across, apart = world.pupil(), world.pupil()
    ids = await register(world, across, {"2026-10-05": 480, "2026-11-06": 480})
    await register(world, apart, {"2026-10-02": 480, "2026-11-06": 480})
    assert [item["registratieIds"] for item in await told(world)] == [ids]


async def test_a_lesson_is_as_long_as_the_policy_of_that_day_says(world: World) -> None:
    for geldig_vanaf, lesuur in (("2025-08-01", 60), ("2026-10-26", 50)):
        policy = {**BELEID, "geldigVanaf": geldig_vanaf, "lesuurInMinuten": lesuur}
        path = "/v1/vestigingen/99CC00/verzuimbeleid"
        assert (await world.call("las-zuid", "PUT", path, policy)).status_code in {200, 201}
    before, after = world.pupil(), world.pupil()
    await register(world, before, {"2026-10-15": 400, "2026-10-16": 400}, "99CC00")
    ids = await register(world, after, {"2026-10-26": 400, "2026-10-27": 400}, "99CC00")
    assert [item["registratieIds"] for item in await told(world, "99CC00")] == [ids]


async def test_after_a_melding_a_pupil_counts_anew_and_a_withdrawal_undoes_that(
    world: World,
) -> None:
    pupil = world.pupil()
    first = await register(world, pupil, SIXTEEN)
    melding = bericht_id(await world.report_absence(verzuimmelding(pupil)))
    assert await told(world) == []
    later = await register(world, pupil, {"2026-11-04": 480, "2026-11-12": 479})
    assert await told(world) == []
    later += await register(world, pupil, {"2026-11-13": 1})
    (again,) = await told(world)
    assert again == {"registratieIds": later, "bereiktOp": "2026-11-13", "minuten": 960}
    bericht_id(await world.withdraw(melding))
    (undone,) = await told(world)
    assert undone == {"registratieIds": first, "bereiktOp": "2026-11-03", "minuten": 960}


async def test_the_first_day_comes_first_page_by_page(world: World) -> None:
    expected = {}
    for day in ("2026-11-06", "2026-11-03", "2026-11-05", "2026-11-03", "2026-11-04"):
        ids = await register(world, world.pupil(), {"2026-11-02": 480, day: 480})
        expected[tuple(ids)] = day
    path, seen = f"{PATH}?vestigingscode=99BB00&limit=2", []
    while path:
        answer = await world.call("las-noord", "GET", path)
        items = answer.json()["drempelmeldingen"]
        assert 1 <= len(items) <= 2
        seen += [(tuple(item["registratieIds"]), item["bereiktOp"]) for item in items]
        path = answer.json()["_links"].get("next", {}).get("href")
    assert dict(seen) == expected
    assert [day for _, day in seen] == sorted(expected.values())


async def test_a_page_stays_right_while_another_pupil_reaches_the_threshold(world: World) -> None:
    pupils = {day: world.pupil() for day in ("2026-11-03", "2026-11-05", "2026-11-06")}

    async def reach(day: str, pupil: Pgn) -> None:
        await register(world, pupil, {"2026-11-02": 480, day: 480})

    for day in ("2026-11-03", "2026-11-06"):
        await reach(day, pupils[day])
    first = await ask(world, "vestigingscode=99BB00&limit=1")
    await reach("2026-11-05", pupils["2026-11-05"])
    href = first.json()["_links"]["next"]["href"]
    rest = await world.call("las-noord", "GET", href.replace("limit=1", "limit=50"))
    days = [item["bereiktOp"] for item in rest.json()["drempelmeldingen"]]
    assert days == ["2026-11-05", "2026-11-06"]


async def test_the_look_up_is_in_the_log_and_an_empty_one_is_not(world: World) -> None:
    before = len(await world.log())
    assert await told(world) == []
    assert len(await world.log()) == before
    ids = await register(world, world.pupil(), SIXTEEN)
    before = len(await world.log())
    await told(world)
    line = (await world.log())[-1]
    assert len(await world.log()) == before + 1
    assert (line.activity, line.actor) == ("drempelmeldingen/1", str(OINS["las-noord"]))
    assert line.document["name"] == "drempelmeldingen-ingezien"
    assert line.document["namens"] == "99BB00"
    assert line.document["bijzonderheden"]["aantal"] == 1
    deliveries = line.document["bijzonderheden"]["berichten"]
    assert [str(UUID(delivery)) for delivery in deliveries] == deliveries
    assert len(deliveries) == len(ids)
    assert not any(own in str(line.document) for own in ids)


async def test_without_a_log_nothing_is_told(world: World) -> None:
    await register(world, world.pupil(), SIXTEEN)
    async with without_log(world):
        assert refusal(await ask(world)) == (503, "logboek-onbeschikbaar")


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        (None, "vestigingscode=99BB00", (401, "niet-aangemeld")),
        ("las-zuid", "vestigingscode=99BB00", (403, "geen-mandaat")),
        ("school-99AA", "vestigingscode=99BB00", (403, "geen-mandaat")),
        ("leerplicht-0361", "vestigingscode=99BB00", (403, "geen-recht")),
        ("las-noord", "vestigingscode=99ZZ00", (403, "onbekende-vestiging")),
        ("las-noord", "vestigingscode=x", (400, "vestigingscode-ongeldig")),
        ("las-noord", "limit=5", (400, "verplicht-veld")),
        ("las-noord", "vestigingscode=99BB00&limit=501", (400, "waarde-ongeldig")),
        ("las-noord", "vestigingscode=99BB00&cursor=x", (400, "waarde-ongeldig")),
    ],
)
async def test_who_may_not_ask_or_asks_wrongly_hears_why(
    world: World, name: str | None, query: str, expected: tuple[int, str]
) -> None:
    await register(world, world.pupil(), SIXTEEN)
    assert refusal(await world.call(name, "GET", f"{PATH}?{query}")) == expected


async def test_a_mandate_that_ended_shows_nothing_any_more(world: World) -> None:
    await register(world, world.pupil(), SIXTEEN, "99BB01")
    assert len(await told(world, "99BB01")) == 1
    await world.end_mandate("las-noord", "99BB01")
    assert refusal(await ask(world, "vestigingscode=99BB01")) == (403, "geen-mandaat")


async def test_last_school_year_is_over(world: World) -> None:
    pupil = world.pupil()
    await register(world, pupil, {"2026-07-30": 480, "2026-07-31": 480})
    with world.at(datetime(2026, 7, 31, 10, 0, tzinfo=UTC)):
        assert [item["bereiktOp"] for item in await told(world)] == ["2026-07-31"]
    with world.at(datetime(2026, 8, 20, 10, 0, tzinfo=UTC)):
        assert await told(world) == []
