"""Finished figures in place of registrations: while the month is open, and never beside them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from exchange.messages.identifiers import Oin
from exchange.policy.necessity import Mode
from exchange.policy.parties import Role
from exchange.storage import directory
from tests.integration.api.test_leerlingaantallen import BODY as AANTALLEN
from tests.integration.api.world import OINS, World, faults, refusal
from tests.pure import LAW

BODY: dict[str, Any] = {
    "leerlingen": 100,
    "geplandeMinutenPerLeerling": 6000,
    "geoorloofd": {"minuten": 4000, "aantalLeerlingen": 20, "grootsteAandeelMinuten": 700},
    "ongeoorloofd": {"minuten": 1500, "aantalLeerlingen": 5, "grootsteAandeelMinuten": 600},
    "leerlingenMetOngeoorloofdVerzuim": 5,
    "trede1": 92,
    "trede2": 6,
    "trede3": 2,
}
VESTIGING = "99BB00"


def path_of(periode: str = "2026-10", vestiging: str = VESTIGING) -> str:
    return f"/v1/vestigingen/{vestiging}/schoolcijfers/{periode}"


async def put(
    world: World,
    body: object,
    periode: str = "2026-10",
    vestiging: str = VESTIGING,
    query: str = "",
) -> httpx.Response:
    return await world.call("las-noord", "PUT", path_of(periode, vestiging) + query, body)


async def register(
    world: World, datum: str, vestiging: str, name: str = "las-noord"
) -> httpx.Response:
    """Send a registration of one pupil on one day."""
    body = {
        "vestigingscode": vestiging,
        "registratieId": world.key(),
        "pgn": world.pupil().reveal(),
        "datum": datum,
        "minuten": 60,
        "categorie": "ongeoorloofd",
    }
    path = "/v1/verzuimregistraties"
    return await world.call(name, "POST", path, body, idempotency_key=world.key())


async def sources(world: World, vestiging: str = VESTIGING) -> dict[str, str]:
    found = await world.rows("SELECT * FROM month_sources WHERE vestigingscode = $1", vestiging)
    return {row["periode"]: row["bron"] for row in found}


async def test_what_was_put_comes_back_as_it_was_put(world: World) -> None:
    answer = await put(world, BODY, "2026-09")
    named = {"vestigingscode": VESTIGING, "periode": "2026-09"}
    assert (answer.status_code, answer.json()) == (201, named)
    read = await world.call("las-noord", "GET", path_of("2026-09"))
    assert (read.status_code, read.json()) == (200, {**named, **BODY})
    assert list(read.json()) == [*named, *BODY]


async def test_every_change_is_logged_and_the_same_again_changes_nothing(world: World) -> None:
    before = await world.log()
    entries = {line.entry for line in before}
    assert (await put(world, BODY)).status_code == 201
    assert (await sources(world))["2026-10"] == "schoolcijfers"
    (first,) = [line for line in await world.log() if line not in before]
    assert first.document["name"] == "schoolcijfers-vastgelegd"
    assert first.activity == "schoolcijfers-college/1"
    assert first.document["bijzonderheden"]["periode"] == "2026-10"
    assert first.links == ()
    standing = await world.everything()
    assert (await put(world, BODY)).status_code == 200
    assert await world.everything() == standing
    for member, value in (("trede1", 93), ("leerlingen", 101)):
        changed = {**BODY, "leerlingen": 101, "trede1": 93}
        assert (await put(world, changed)).status_code == 200
        assert (await world.call("las-noord", "GET", path_of())).json()[member] == value
    names = [line.document["name"] for line in await world.log() if line.entry not in entries]
    laid_down, read = "schoolcijfers-vastgelegd", "schoolcijfers-ingezien"
    # One of the two puts after the first changed nothing.
    assert names == [laid_down, laid_down, read, read]


async def test_a_rehearsal_claims_no_month_and_stores_nothing(world: World) -> None:
    standing = await world.everything()
    answer = await put(world, BODY, "2026-11", query="?valideer=true")
    assert answer.status_code == 200, answer.text
    assert answer.json()["geldig"] is True
    statuses = {stream["rol"]: stream["status"] for stream in answer.json()["stromen"]}
    assert statuses == {
        "leerplicht": "geen", "college": "opgenomen", "swv": "opgenomen", "ocw": "opgenomen",
    }  # fmt: skip
    for stream in answer.json()["stromen"]:
        named = {*stream["afgeleid"], *(entry["veld"] for entry in stream["ingehouden"])}
        assert named == set(BODY)
    assert await world.everything() == standing


async def test_figures_that_contradict_themselves_are_refused_all_at_once(world: World) -> None:
    wrong = {**BODY, "trede1": 91, "leerlingenMetOngeoorloofdVerzuim": 4}
    for query in ("", "?valideer=true"):
        answer = await put(world, wrong, "2026-11", query=query)
        assert refusal(answer) == (400, "cijfers-strijdig")
        assert faults(answer) == [
            ("/leerlingen", "cijfers-strijdig"),
            ("/leerlingenMetOngeoorloofdVerzuim", "cijfers-strijdig"),
        ]
    assert "2026-11" not in await sources(world)


async def test_form_and_rules_are_told_together(world: World) -> None:
    wrong = {**BODY, "trede1": "92", "leerlingenMetOngeoorloofdVerzuim": 4}
    answer = await put(world, wrong, "2027-01")
    assert faults(answer) == [
        ("/trede1", "waarde-ongeldig"),
        ("/periode", "datum-ongeldig"),
        ("/leerlingenMetOngeoorloofdVerzuim", "cijfers-strijdig"),
    ]


async def test_a_number_within_a_category_is_pointed_at(world: World) -> None:
    body = {**BODY, "geoorloofd": {"minuten": -1, "aantalLeerlingen": 1}}
    answer = await put(world, body, "2026-11")
    assert ("/geoorloofd/minuten", "waarde-ongeldig") in faults(answer)
    assert ("/geoorloofd/grootsteAandeelMinuten", "verplicht-veld") in faults(answer)


async def test_a_month_takes_figures_until_the_end_of_the_second_month_after_it(
    world: World,
) -> None:
    last = LAW.on(datetime(2026, 8, 31, tzinfo=UTC).date())
    assert last.open_maanden == 2
    with world.at(datetime(2026, 10, 31, 22, 59, tzinfo=UTC)):  # the last minute in Amsterdam
        assert (await put(world, BODY, "2026-08")).status_code == 201
    with world.at(datetime(2026, 10, 31, 23, 0, tzinfo=UTC)):
        for query in ("", "?valideer=true"):
            answer = await put(
                world, {**BODY, "leerlingen": 101, "trede1": 93}, "2026-08", query=query
            )
            assert refusal(answer) == (409, "periode-gesloten")
    read = await world.call("las-noord", "GET", path_of("2026-08"))
    assert read.json()["leerlingen"] == BODY["leerlingen"]


@pytest.mark.parametrize("query", ["", "?valideer=true"])
async def test_a_month_with_registrations_takes_no_figures(world: World, query: str) -> None:
    assert (await register(world, "2026-10-12", "99BB01")).status_code == 202
    standing = await world.everything()
    answer = await put(world, BODY, vestiging="99BB01", query=query)
    assert refusal(answer) == (409, "bron-strijdig")
    assert await world.everything() == standing
    assert refusal(await put(world, {}, vestiging="99BB01", query=query)) == (400, "verplicht-veld")


async def test_registrations_of_another_month_are_no_obstacle(world: World) -> None:
    assert (await register(world, "2026-09-14", "99BB01")).status_code == 202
    assert (await put(world, BODY, "2026-11", "99BB01")).status_code == 201


async def test_a_month_with_figures_takes_no_registrations(world: World) -> None:
    assert (await put(world, BODY, "2026-11", "99AA00")).status_code == 201
    refused = await register(world, "2026-11-10", "99AA00")
    assert refusal(refused) == (409, "bron-strijdig")
    assert (await register(world, "2026-10-12", "99AA00")).status_code == 202


@pytest.mark.parametrize("periode", ["2026-09", "2026-10", "2026-11"])
async def test_of_figures_and_a_registration_at_once_exactly_one_wins(
    world: World, periode: str
) -> None:
    path = path_of(periode, "99CC00")
    answers = await asyncio.gather(
        register(world, f"{periode}-10", "99CC00", "las-zuid"),
        world.call("las-zuid", "PUT", path, BODY),
        register(world, f"{periode}-11", "99CC00", "las-zuid"),
    )
    registered, figures, also = (answer.status_code for answer in answers)
    assert (registered, figures, also) in {(202, 409, 202), (409, 201, 409)}
    read = await world.call("las-zuid", "GET", path)
    holds = "schoolcijfers" if figures == 201 else "registraties"
    assert (await sources(world, "99CC00"))[periode] == holds
    assert read.status_code == (200 if figures == 201 else 404)
    (counted,) = await world.rows(
        "SELECT count(*) AS n FROM registrations WHERE vestigingscode = '99CC00'"
        " AND to_char(datum, 'YYYY-MM') = $1",
        periode,
    )
    assert counted["n"] == (0 if figures == 201 else 2)


async def test_of_equal_puts_at_once_one_is_new_and_one_is_logged(world: World) -> None:
    before = len(await world.log())
    answers = await asyncio.gather(*(put(world, BODY, "2026-09", "99AA00") for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len(await world.log()) == before + 1


async def test_a_number_of_pupils_that_differs_does_not_keep_figures_out(world: World) -> None:
    """Finished figures bring their own number, in either order (ADR 0010)."""
    aantallen = path_of("2026-11").replace("schoolcijfers", "leerlingaantallen")
    pairs = ((aantallen, AANTALLEN), (path_of("2026-11"), BODY))
    for path, body in (*pairs, *pairs[::-1]):
        assert (await world.call("las-noord", "PUT", path, body)).is_success
        assert (await world.call("las-noord", "GET", path)).json()["leerlingen"] == body[
            "leerlingen"
        ]
    assert BODY["leerlingen"] != AANTALLEN["leerlingen"]


async def test_without_the_log_nothing_is_stored(world: World) -> None:
    standing = await world.everything()
    await world.execute("REVOKE INSERT ON log_records FROM verzuim_api")
    try:
        answer = await put(world, {**BODY, "leerlingen": 102, "trede1": 94}, "2026-09")
    finally:
        await world.execute("GRANT INSERT ON log_records TO verzuim_api")
    assert refusal(answer) == (503, "logboek-onbeschikbaar")
    assert await world.everything() == standing


@pytest.mark.parametrize(
    ("kind", "body"), [("schoolcijfers", BODY), ("leerlingaantallen", AANTALLEN)]
)
async def test_production_has_no_ground_for_figures_yet(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: str, body: dict[str, Any]
) -> None:
    real = Oin("00000003123456780000")
    monkeypatch.setitem(OINS, "echte-school", real)
    if not await world.rows("SELECT 1 FROM parties WHERE oin = $1", real.reveal()):
        async with world.operating() as conn:
            await directory.add_party(conn, real, "echte school", None, world.clock.now())
            await directory.grant(conn, real, Role.SCHOOL, "99CC")
    production, standing = world.over(mode=Mode.PRODUCTION), await world.everything()
    path = f"/v1/vestigingen/99CC00/{kind}/2026-10"
    for query in ("", "?valideer=true"):
        answer = await production.call("echte-school", "PUT", path + query, body)
        assert refusal(answer) == (403, "geen-grondslag")
    assert await world.everything() == standing
