"""The published examples through the API: good ones are accepted, faulty ones refused by name."""

from __future__ import annotations

import json

import httpx
import pytest

from exchange.api.problems import status_of
from exchange.errors import Code
from exchange.messages.soort import Soort
from tests.generate import folder
from tests.integration.api.world import World, bericht_id, refusal, verzuimmelding

PUT = (Soort.LEERLINGAANTALLEN, Soort.SCHOOLCIJFERS)


def of(soort: Soort, kind: str) -> pytest.MarkDecorator:
    """Try each example of one kind, by the code in its file's name and its bytes."""
    found = [
        pytest.param(path.stem.partition(".")[0], path.read_bytes(), id=path.stem)
        for path in sorted((folder(soort) / kind).glob("*.json"))
    ]
    return pytest.mark.parametrize(("name", "body"), found)


@of(Soort.SIGNAAL, "examples")
async def test_a_published_signaal_is_accepted(world: World, name: str, body: bytes) -> None:
    document = json.loads(body)
    if "vervangt" in document:  # the id in the example stands for one of the reader's own
        document["vervangt"] = await world.sent()
    rehearsed = await world.call("las-noord", "POST", "/v1/signalen?valideer=true", document)
    assert rehearsed.status_code == 200, rehearsed.text
    bericht_id(await world.send(document))


@of(Soort.VERZUIMMELDING, "examples")
async def test_a_published_verzuimmelding_is_accepted(world: World, name: str, body: bytes) -> None:
    document = json.loads(body)
    if "vervangt" in document:
        earlier = await world.report_absence(verzuimmelding(world.pupil()))
        document["vervangt"] = bericht_id(earlier)
    route = "/v1/verzuimmeldingen?valideer=true"
    rehearsed = await world.call("las-noord", "POST", route, document)
    assert rehearsed.status_code == 200, rehearsed.text
    bericht_id(await world.report_absence(document))


@of(Soort.VERZUIMREGISTRATIES, "examples")
async def test_a_published_registration_is_accepted(world: World, name: str, body: bytes) -> None:
    if json.loads(body).get("ingetrokken"):  # it withdraws what was registered before
        standing = {k: v for k, v in json.loads(body).items() if k != "ingetrokken"}
        bericht_id(await register(world, json.dumps(standing).encode()))
    bericht_id(await register(world, body))


@pytest.mark.parametrize("kind", PUT)
async def test_published_figures_are_accepted(world: World, kind: Soort) -> None:
    route = f"/v1/vestigingen/99BB01/{kind.value}/2026-10"
    statuses = []
    for path in sorted((folder(kind) / "examples").glob("*.json")):
        rehearsed = await world.call(
            "las-noord", "PUT", f"{route}?valideer=true", path.read_bytes()
        )
        assert rehearsed.status_code == 200, rehearsed.text
        answer = await world.call("las-noord", "PUT", route, path.read_bytes())
        statuses.append(answer.status_code)
        given = (await world.call("las-noord", "GET", route)).json()
        assert json.loads(path.read_bytes()).items() <= given.items()
    assert statuses == [201] + [200] * (len(statuses) - 1)


@of(Soort.INTREKKING, "examples")
async def test_a_published_intrekking_is_accepted(world: World, name: str, body: bytes) -> None:
    bericht_id(await withdraw(world, body))


@of(Soort.SIGNAAL, "invalid")
async def test_a_faulty_signaal_is_refused_for_the_reason_in_its_name(
    world: World, name: str, body: bytes
) -> None:
    only_for_its_name(Code(name), await world.send(body))


@of(Soort.VERZUIMMELDING, "invalid")
async def test_a_faulty_verzuimmelding_is_refused_for_the_reason_in_its_name(
    world: World, name: str, body: bytes
) -> None:
    only_for_its_name(Code(name), await world.report_absence(body))


@of(Soort.VERZUIMREGISTRATIES, "invalid")
async def test_a_faulty_registration_is_refused_for_the_reason_in_its_name(
    world: World, name: str, body: bytes
) -> None:
    only_for_its_name(Code(name), await register(world, body))


@of(Soort.LEERLINGAANTALLEN, "invalid")
async def test_faulty_numbers_are_refused_for_the_reason_in_their_name(
    world: World, name: str, body: bytes
) -> None:
    route = "/v1/vestigingen/99BB00/leerlingaantallen/2026-10"
    only_for_its_name(Code(name), await world.call("las-noord", "PUT", route, body))


@of(Soort.SCHOOLCIJFERS, "invalid")
async def test_faulty_figures_are_refused_for_the_reason_in_their_name(
    world: World, name: str, body: bytes
) -> None:
    route = "/v1/vestigingen/99BB00/schoolcijfers/2026-10"
    only_for_its_name(Code(name), await world.call("las-noord", "PUT", route, body))


@of(Soort.INTREKKING, "invalid")
async def test_a_faulty_intrekking_is_refused_for_the_reason_in_its_name(
    world: World, name: str, body: bytes
) -> None:
    only_for_its_name(Code(name), await withdraw(world, body))


async def register(world: World, body: bytes) -> httpx.Response:
    """Send one registration as it stands in the file, under a fresh key."""
    route = "/v1/verzuimregistraties"
    return await world.call("las-noord", "POST", route, body, idempotency_key=world.key())


async def withdraw(world: World, body: bytes) -> httpx.Response:
    """Withdraw a fresh message with a body as it stands in the file."""
    route = f"/v1/berichten/{await world.sent()}/intrekkingen"
    return await world.call("las-noord", "POST", route, body, idempotency_key=world.key())


def only_for_its_name(code: Code, answer: httpx.Response) -> None:
    """Check that a refusal names the rule in the file's name and no other."""
    assert refusal(answer) == (status_of(code), code.value)
    assert {fault["code"] for fault in answer.json()["fouten"]} <= {code.value}
    assert len(answer.json()["fouten"]) == 1
