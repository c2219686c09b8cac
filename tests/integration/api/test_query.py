"""A slip in a query parameter is refused before anything is stored: it meant a rehearsal."""

from __future__ import annotations

import pytest

from tests.integration.api.test_leerlingaantallen import BODY as AANTALLEN
from tests.integration.api.test_schoolcijfers import BODY as CIJFERS
from tests.integration.api.test_verzuimregistraties import registration
from tests.integration.api.world import (
    BELEID,
    KALENDER,
    OINS,
    World,
    bericht_id,
    faults,
    signaal,
    verzuimmelding,
)

SLIPS = [
    ("Valideer=true", [("", "onbekend-veld")]),
    ("onzin=1", [("/onzin", "onbekend-veld")]),
    ("onzin=", [("/onzin", "onbekend-veld")]),
    ("onzin", [("/onzin", "onbekend-veld")]),
    ("valideer=true&valideer=false", [("/valideer", "waarde-ongeldig")]),
    ("valideer=true&valideer=true", [("/valideer", "waarde-ongeldig")]),
    (
        "valideer=true&999990019=1&dryRun=true",
        [("", "onbekend-veld"), ("/dryRun", "onbekend-veld")],
    ),
    (f"namens={OINS['las-noord']}&namens={OINS['las-noord']}", [("/namens", "waarde-ongeldig")]),
]
RECEIVED = {"uitkomst": "ontvangen"}
OF_SCHOOL = "/v1/vestigingen/99AA00"


@pytest.mark.parametrize(("query", "expected"), SLIPS)
async def test_an_unknown_or_doubled_parameter_stores_nothing(
    world: World, query: str, expected: list[tuple[str, str]]
) -> None:
    number = await world.sent(vestigingscode="99AA00")
    calls: list[tuple[str, str, object]] = [
        ("POST", "/v1/signalen", signaal(world.pupil())),
        ("POST", "/v1/verzuimmeldingen", verzuimmelding(world.pupil())),
        ("POST", "/v1/verzuimregistraties", registration("q")),
        ("POST", f"/v1/berichten/{number}/intrekkingen", {"reden": "onjuist"}),
        ("PUT", f"{OF_SCHOOL}/verzuimbeleid", {**BELEID, "lesuurInMinuten": 45}),
        ("PUT", f"{OF_SCHOOL}/schoolkalenders/2025-2026", KALENDER),
        ("PUT", f"{OF_SCHOOL}/leerlingaantallen/2026-09", AANTALLEN),
        ("PUT", f"{OF_SCHOOL}/schoolcijfers/2026-09", CIJFERS),
    ]
    before = await world.everything()
    for method, path, body in calls:
        key = {"idempotency_key": world.key()} if method == "POST" else {}
        answer = await world.call("las-noord", method, f"{path}?{query}", body, **key)
        assert (answer.status_code, faults(answer)) == (400, expected), path
        assert "999990019" not in answer.text
    assert await world.everything() == before


async def test_the_parameters_that_exist_are_taken_together(world: World) -> None:
    path = f"/v1/signalen?valideer=false&namens={OINS['las-noord']}"
    body = signaal(world.pupil())
    assert bericht_id(
        await world.call("las-noord", "POST", path, body, idempotency_key=world.key())
    )


async def test_what_only_reads_ignores_what_it_does_not_know(world: World) -> None:
    path = f"{OF_SCHOOL}/verzuimbeleid?onzin=1&onzin=2"
    for method in ("GET", "HEAD"):
        assert (await world.call("las-noord", method, path)).status_code == 200


@pytest.mark.parametrize("query", ["valideer=true", "Namens=x", "onzin=1"])
async def test_a_recipient_rehearses_nothing_and_a_slip_stores_nothing(
    world: World, query: str
) -> None:
    number = await world.sent(vestigingscode="99BB00")
    path = f"/v1/berichten/{number}/bevestigingen"
    assert (await world.call("leerplicht-0361", "GET", f"/v1/berichten/{number}")).is_success
    before = await world.rows("SELECT status FROM outbox ORDER BY bericht_id, rol")
    refused = await world.call("leerplicht-0361", "POST", f"{path}?{query}", RECEIVED)
    assert (refused.status_code, faults(refused)[0][1]) == (400, "onbekend-veld")
    assert await world.rows("SELECT status FROM outbox ORDER BY bericht_id, rol") == before
    assert (await world.call("leerplicht-0361", "POST", path, RECEIVED)).status_code == 201
