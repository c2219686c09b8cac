"""The number of pupils that a school puts for each month: dated, replaceable, never closed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import httpx
import pytest

from tests.integration.api.registrations import register
from tests.integration.api.world import World, faults, refusal

BODY = {"leerlingen": 412, "geplandeMinutenPerLeerling": 6000}


def path_of(periode: str = "2026-10", vestiging: str = "99BB00") -> str:
    return f"/v1/vestigingen/{vestiging}/leerlingaantallen/{periode}"


async def put(
    world: World, body: object, periode: str = "2026-10", name: str = "las-noord", query: str = ""
) -> httpx.Response:
    return await world.call(name, "PUT", path_of(periode) + query, body)


async def test_what_was_put_comes_back_as_it_was_put(world: World) -> None:
    answer = await put(world, BODY, "2026-09")
    named = {"vestigingscode": "99BB00", "periode": "2026-09"}
    assert (answer.status_code, answer.json()) == (201, named)
    read = await world.call("las-noord", "GET", path_of("2026-09"))
    assert (read.status_code, read.json()) == (200, {**named, **BODY})


async def test_every_change_is_logged_and_the_same_again_changes_nothing(world: World) -> None:
    before = await world.log()
    assert (await put(world, BODY)).status_code == 201
    (first,) = [line for line in await world.log() if line not in before]
    assert first.document["name"] == "leerlingaantallen-vastgelegd"
    assert first.activity == "leerlingaantallen-college/1"
    assert first.document["namens"] == "99BB00"
    assert first.document["beleid"] == "2025-08-01"
    details = first.document["bijzonderheden"]
    assert (details["soort"], details["periode"]) == ("leerlingaantallen", "2026-10")
    standing = await world.everything()
    for _ in range(2):
        assert (await put(world, BODY)).status_code == 200
    assert await world.everything() == standing
    for leerlingen in (413, 412):  # and back again: two changes
        assert (await put(world, {**BODY, "leerlingen": leerlingen})).status_code == 200
        standing_now = await world.call("las-noord", "GET", path_of())
        assert standing_now.json()["leerlingen"] == leerlingen
    names = [line.document["name"] for line in (await world.log())[len(before) :]]
    changed, read = "leerlingaantallen-vastgelegd", "schoolcijfers-ingezien"
    assert names == [changed, *(changed, read) * 2]


async def test_a_rehearsal_says_what_each_role_would_get_and_stores_nothing(world: World) -> None:
    standing = await world.everything()
    answer = await put(world, BODY, "2026-08", query="?valideer=true")
    assert answer.status_code == 200, answer.text
    assert answer.json()["geldig"] is True
    streams = {stream["rol"]: stream for stream in answer.json()["stromen"]}
    assert list(streams) == ["leerplicht", "college", "swv", "ocw"]
    leerplicht = streams.pop("leerplicht")
    assert (leerplicht["status"], leerplicht["ontvanger"]) == ("geen", None)
    assert {entry["veld"] for entry in leerplicht["ingehouden"]} == set(BODY)
    for stream in streams.values():
        assert (stream["status"], stream["beleid"]) == ("opgenomen", "2025-08-01")
        assert stream["ontvanger"] is not None
        assert stream["afgeleid"] == list(BODY)
        assert not stream["doorgegeven"]
    assert await world.everything() == standing


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({**BODY, "leerlingen": "412"}, ("/leerlingen", "waarde-ongeldig")),
        ({**BODY, "leerlingen": -1}, ("/leerlingen", "waarde-ongeldig")),
        ({**BODY, "leerlingen": 1.5}, ("/leerlingen", "waarde-ongeldig")),
        ({**BODY, "leerlingen": True}, ("/leerlingen", "waarde-ongeldig")),
        ({"leerlingen": 412}, ("/geplandeMinutenPerLeerling", "verplicht-veld")),
        ({**BODY, "geplandeMinutenPerLeerling": 21601},
         ("/geplandeMinutenPerLeerling", "waarde-ongeldig")),
        ({**BODY, "naam": "x"}, ("/naam", "onbekend-veld")),
        (b"[]", ("", "ongeldige-json")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("query", ["", "?valideer=true"])
async def test_a_body_that_is_wrong_says_where(
    world: World, body: object, found: tuple[str, str], query: str
) -> None:
    answer = await put(world, body, "2026-08", query=query)
    assert refusal(answer) == (400, found[1])
    assert faults(answer) == [found]


async def test_a_month_that_is_not_here_yet_is_refused_with_all_else_that_is_wrong(
    world: World,
) -> None:
    answer = await put(world, {"leerlingen": -1}, "2026-12")
    assert refusal(answer) == (400, "verplicht-veld")
    assert faults(answer) == [
        ("/geplandeMinutenPerLeerling", "verplicht-veld"),
        ("/leerlingen", "waarde-ongeldig"),
        ("/periode", "datum-ongeldig"),
    ]
    alone = await put(world, BODY, "2026-12")
    assert faults(alone) == [("/periode", "datum-ongeldig")]
    with world.at(datetime(2026, 11, 30, 23, 0, tzinfo=UTC)):  # in Amsterdam it is December
        assert (await put(world, BODY, "2026-12")).status_code == 201


async def test_a_month_never_closes_for_the_number_of_pupils(world: World) -> None:
    with world.at(datetime(2029, 6, 1, tzinfo=UTC)):
        assert (await put(world, BODY, "2025-09")).status_code == 201
        assert (await put(world, {**BODY, "leerlingen": 1}, "2025-09")).status_code == 200


@pytest.mark.parametrize("periode", ["2026", "2026-13", "2026-9", "1999-09", "x", "2026-09-01"])
async def test_what_cannot_be_a_month_is_not_found(world: World, periode: str) -> None:
    for kind in ("leerlingaantallen", "schoolcijfers"):
        path = f"/v1/vestigingen/99BB00/{kind}/{periode}"
        for method, body in (("GET", None), ("PUT", BODY)):
            answer = await world.call("las-noord", method, path, body)
            assert refusal(answer) == (404, "niet-gevonden")


async def test_a_month_without_figures_is_not_found(world: World) -> None:
    for kind in ("leerlingaantallen", "schoolcijfers"):
        answer = await world.call("las-noord", "GET", f"/v1/vestigingen/99BB01/{kind}/2026-09")
        assert refusal(answer) == (404, "niet-gevonden")


@pytest.mark.parametrize("kind", ["leerlingaantallen", "schoolcijfers"])
@pytest.mark.parametrize(
    ("name", "vestiging", "expected"),
    [
        (None, "99BB00", (401, "niet-aangemeld")),
        ("leerplicht-0361", "99BB00", (403, "geen-recht")),
        ("ocw", "99BB00", (403, "geen-recht")),
        ("las-zuid", "99BB00", (403, "geen-mandaat")),
        ("school-99AA", "99BB00", (403, "geen-mandaat")),
        ("las-noord", "98ZZ00", (403, "onbekende-vestiging")),
        ("las-noord", "99bb00", (400, "vestigingscode-ongeldig")),
    ],
)
async def test_only_the_school_and_its_mandated_supplier_may(
    world: World, kind: str, name: str | None, vestiging: str, expected: tuple[int, str]
) -> None:
    path = f"/v1/vestigingen/{vestiging}/{kind}/2026-10"
    assert refusal(await world.call(name, "GET", path)) == expected
    answer = await world.call(name, "PUT", path, {})
    told_first = expected[1] in {"geen-mandaat", "onbekende-vestiging"}  # as for a message
    assert refusal(answer) == ((400, "verplicht-veld") if told_first else expected)
    if kind == "leerlingaantallen":
        assert refusal(await world.call(name, "PUT", path, BODY)) == expected


async def test_namens_must_be_the_caller_or_a_school_that_mandated_it(world: World) -> None:
    stranger = "?namens=00000099999999999000"
    assert refusal(await put(world, BODY, query=stranger)) == (403, "geen-mandaat")


async def test_a_mandate_must_reach_back_to_the_first_of_the_month(world: World) -> None:
    await world.mandate("las-zuid", "99BB01", betreft=date(2026, 9, 2))
    path = "/v1/vestigingen/99BB01/leerlingaantallen/"
    early = await world.call("las-zuid", "PUT", f"{path}2026-09", BODY)
    assert refusal(early) == (403, "geen-mandaat")
    assert (await world.call("las-zuid", "PUT", f"{path}2026-10", BODY)).status_code == 201
    await world.end_mandate("las-zuid", "99BB01")


@pytest.mark.parametrize("query", ["", "?valideer=true"])
async def test_fewer_pupils_than_already_missed_a_lesson_is_refused(
    world: World, query: str
) -> None:
    """Two pupils, one of them 90 minutes in two categories; another month does not count."""
    often, once = world.pupil(), world.pupil()
    await register(world, often, {"2026-10-05": 60, "2026-09-07": 500}, "99AA00")
    await register(world, often, {"2026-10-06": 30}, "99AA00", "geoorloofd")
    await register(world, once, {"2026-10-05": 45}, "99AA00")
    enough = {"leerlingen": 2, "geplandeMinutenPerLeerling": 90}
    path = path_of(vestiging="99AA00") + query
    standing = await world.everything()
    for body, pointers in (
        ({**enough, "leerlingen": 1}, ["/leerlingen"]),
        ({**enough, "geplandeMinutenPerLeerling": 89}, ["/geplandeMinutenPerLeerling"]),
        ({"leerlingen": 0, "geplandeMinutenPerLeerling": 0},
         ["/geplandeMinutenPerLeerling", "/leerlingen"]),
    ):  # fmt: skip
        answer = await world.call("las-noord", "PUT", path, body)
        assert refusal(answer) == (400, "cijfers-strijdig")
        assert faults(answer) == [(pointer, "cijfers-strijdig") for pointer in pointers]
    assert await world.everything() == standing
    assert (await world.call("las-noord", "PUT", path, enough)).is_success
    await world.execute("TRUNCATE registrations, registration_ids, month_sources")


async def test_registrations_that_go_beyond_the_number_of_pupils_are_taken_in(
    world: World,
) -> None:
    """The number can be put right afterwards; until then the month counts as not delivered."""
    one = {"leerlingen": 1, "geplandeMinutenPerLeerling": 6000}
    path = path_of("2026-09", "99AA00")
    assert (await world.call("las-noord", "PUT", path, one)).is_success
    for _ in range(2):
        await register(world, world.pupil(), {"2026-09-07": 60}, "99AA00")
    assert refusal(await world.call("las-noord", "PUT", path, one)) == (400, "cijfers-strijdig")
    assert (await world.call("las-noord", "PUT", path, {**one, "leerlingen": 2})).is_success
    await world.execute("TRUNCATE registrations, registration_ids, month_sources")
