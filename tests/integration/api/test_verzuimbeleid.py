"""Versions of a verzuimbeleid by date: which one rules, which one is read, what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.integration.api.world import BELEID, World, faults, refusal, signaal

PATH = "/v1/vestigingen/99BB01/verzuimbeleid"
TODAY = date(2026, 11, 18)
REQUIRED = ["SIGNAALCRITERIA", "SIGNALERING_LANGDURIG", "SAMENWERKING"]


def version(vanaf: str, *criteria: str, **changes: object) -> dict[str, object]:
    """Give a policy that rules from ``vanaf`` on and knows these criteria."""
    named = [{"code": code} for code in criteria]
    return {**BELEID, "geldigVanaf": vanaf, "signaalcriteria": named, **changes}


async def put(world: World, body: object, query: str = "") -> httpx.Response:
    return await world.call("las-noord", "PUT", PATH + query, body)


async def read(world: World, query: str = "") -> Mapping[str, Any]:
    answer = await world.call("las-noord", "GET", PATH + query)
    assert answer.status_code == 200, answer.text
    found: Mapping[str, Any] = answer.json()
    return found


def criteria(found: Mapping[str, Any]) -> set[str]:
    return {criterium["code"] for criterium in found["signaalcriteria"]}


async def known_on(world: World, day: date, criterium: str) -> bool:
    """Whether a signaal about ``day`` may name this criterion."""
    window = {"van": day.isoformat(), "tot": day.isoformat()}
    body = signaal(
        world.pupil(),
        vestigingscode="99BB01",
        venster=window,
        criterium=criterium,
        oudersGeinformeerdOp=day.isoformat(),
    )
    answer = await world.call("las-noord", "POST", "/v1/signalen?valideer=true", body)
    if answer.status_code == 200:
        return True
    assert faults(answer) == [("/criterium", "onbekend-criterium")]
    return False


@pytest.fixture(autouse=True)
async def only_the_first_version(world: World) -> None:
    await world.execute("DELETE FROM verzuimbeleid WHERE vestigingscode = '99BB01'")
    assert (await put(world, version("2025-08-01", "EERST"))).status_code == 201


async def test_a_version_that_begins_tomorrow_does_not_rule_today(world: World) -> None:
    tomorrow = TODAY + timedelta(days=1)
    assert (await put(world, version(tomorrow.isoformat(), "NIEUW"))).status_code == 201
    assert await known_on(world, TODAY, "EERST")
    assert not await known_on(world, TODAY, "NIEUW")
    with world.at(datetime(2026, 11, 19, 10, tzinfo=UTC)):
        assert await known_on(world, tomorrow, "NIEUW")
        assert not await known_on(world, tomorrow, "EERST")
        assert await known_on(world, TODAY, "EERST")  # the day of the absence decides


async def test_a_version_put_later_for_an_earlier_day_rules_until_the_next_begins(
    world: World,
) -> None:
    await put(world, version("2026-11-16", "DERDE"))
    assert (await put(world, version("2026-09-01", "TWEEDE"))).status_code == 201
    for day, criterium in (
        (date(2026, 8, 31), "EERST"),
        (date(2026, 9, 1), "TWEEDE"),
        (date(2026, 11, 15), "TWEEDE"),
        (date(2026, 11, 16), "DERDE"),
        (TODAY, "DERDE"),
    ):
        assert criteria(await read(world, f"?op={day.isoformat()}")) == {criterium}
        for other in ("EERST", "TWEEDE", "DERDE"):
            assert await known_on(world, day, other) is (other == criterium), (day, other)


async def test_a_version_for_the_same_day_takes_the_place_of_the_earlier_one(world: World) -> None:
    assert (await put(world, version("2025-08-01", "ANDERS"))).status_code == 201
    assert await known_on(world, TODAY, "ANDERS")
    assert not await known_on(world, TODAY, "EERST")
    assert (await put(world, version("2025-08-01", "EERST"))).status_code == 201  # and back
    assert await known_on(world, TODAY, "EERST")


async def test_what_rules_already_is_no_new_version_whatever_was_put_for_other_days(
    world: World,
) -> None:
    second = version("2027-01-01", "TWEEDE")
    assert (await put(world, second)).status_code == 201
    standing = await world.everything()
    for body in (version("2025-08-01", "EERST"), second) * 2:
        assert (await put(world, body)).status_code == 200
    assert await world.everything() == standing


async def test_without_a_day_the_version_that_was_put_last_is_read(world: World) -> None:
    await put(world, version("2027-01-01", "LATER"))
    assert criteria(await read(world)) == {"LATER"}
    assert criteria(await read(world, f"?op={TODAY}")) == {"EERST"}
    assert criteria(await read(world, "?op=2027-01-01")) == {"LATER"}
    before = await world.call("las-noord", "GET", f"{PATH}?op=2025-07-31")
    assert refusal(before) == (404, "niet-gevonden")


@pytest.mark.parametrize(
    "day", ["2026-02-30", "morgen", "2026-09", "20260901", "2026-09-01T00:00Z"]
)
async def test_a_day_that_does_not_exist_is_refused(world: World, day: str) -> None:
    answer = await world.call("las-noord", "GET", f"{PATH}?op={day}")
    assert refusal(answer) == (400, "datum-ongeldig")
    assert faults(answer) == [("/op", "datum-ongeldig")]
    assert day not in answer.text


async def test_missing_elements_are_named_and_never_refused(world: World) -> None:
    answer = await put(world, version("2026-09-01", elementen=["SAMENWERKING", "EIGEN_REGEL"]))
    assert answer.status_code == 201
    assert answer.json()["ontbrekendeElementen"] == REQUIRED[:2]
    found = await read(world)
    assert found["ontbrekendeElementen"] == REQUIRED[:2]
    assert found["elementen"] == ["SAMENWERKING", "EIGEN_REGEL"]
    early = await put(world, version("2025-07-31"))
    assert early.json()["ontbrekendeElementen"] == []


async def test_of_a_local_reason_only_a_keyed_digest_is_kept(world: World) -> None:
    reasons = [
        {"code": "UITERST_EIGEN_REDEN", "categorie": "ongeoorloofd"},
        {"code": "NOG_EEN_EIGEN_REDEN", "categorie": "geoorloofd"},
    ]
    assert (await put(world, version("2026-09-01", redenen=reasons))).status_code == 201
    assert (await read(world))["aantalRedenen"] == 2
    everything = str(await world.everything())
    logged = b" ".join(line.leaf for line in await world.log()).decode()
    for reason in reasons:
        for text in (everything, logged, str(await read(world))):
            assert reason["code"] not in text
            assert reason["code"].encode().hex() not in text
    (row,) = await world.rows(
        "SELECT reden_digests, reden_categorieen FROM verzuimbeleid"
        " WHERE vestigingscode = '99BB01' AND geldig_vanaf = '2026-09-01'"
    )
    assert sorted(row["reden_categorieen"]) == ["geoorloofd", "ongeoorloofd"]
    assert {len(digest) for digest in row["reden_digests"]} == {33}


async def test_the_same_reason_has_another_digest_at_another_vestiging(world: World) -> None:
    body = version("2026-09-01", redenen=[{"code": "ZELFDE", "categorie": "geoorloofd"}])
    assert (await put(world, body)).status_code == 201
    other = PATH.replace("99BB01", "99BB00")
    assert (await world.call("las-noord", "PUT", other, body)).status_code == 201
    rows = await world.rows(
        "SELECT reden_digests FROM verzuimbeleid WHERE geldig_vanaf = '2026-09-01'"
    )
    digests = [bytes(digest) for row in rows for digest in row["reden_digests"]]
    assert len(digests) == len(set(digests)) == 2


async def test_a_rehearsal_stores_nothing(world: World) -> None:
    standing = await world.everything()
    answer = await put(world, version("2026-09-01", "PROEF"), "?valideer=true")
    assert (answer.status_code, answer.json()["geldig"]) == (200, True)
    assert await world.everything() == standing
