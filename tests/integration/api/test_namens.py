"""Who says for whom it acts (``namens``) acts for that school alone, whatever else it may."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import pytest

from tests.integration.api.test_leerlingaantallen import BODY as AANTALLEN
from tests.integration.api.test_schoolcijfers import BODY as CIJFERS
from tests.integration.api.test_verzuimregistraties import ndjson, post, registration
from tests.integration.api.world import (
    BELEID,
    KALENDER,
    OINS,
    World,
    bericht_id,
    faults,
    refusal,
    signaal,
    verzuimmelding,
)

SCHOOL = f"namens={OINS['school-99AA']}"  # of the principals of las-noord one, and 99BB another
OWN = f"namens={OINS['las-noord']}"
REGISTRATIONS = "/v1/verzuimregistraties"


async def send(world: World, path: str, body: object, key: str | None = None) -> httpx.Response:
    return await world.call("las-noord", "POST", path, body, idempotency_key=key or world.key())


@pytest.mark.parametrize("valideer", ["", "&valideer=true"])
async def test_a_message_about_another_school_is_refused(world: World, valideer: str) -> None:
    accepted = 200 if valideer else 202
    for path, make in (("signalen", signaal), ("verzuimmeldingen", verzuimmelding)):
        for vestiging in ("99BB00", "99AA00"):
            body = make(world.pupil(), vestigingscode=vestiging)
            answer = await send(world, f"/v1/{path}?{SCHOOL}{valideer}", body)
            if vestiging == "99AA00":
                assert answer.status_code == accepted, answer.text
            else:
                assert refusal(answer) == (403, "geen-mandaat")
                own = await send(world, f"/v1/{path}?{OWN}{valideer}", body)
                assert own.status_code == accepted, own.text


async def test_a_registration_about_another_school_is_a_refused_line(world: World) -> None:
    body = ndjson(registration("n-1"), registration("n-2", vestigingscode="99BB00"))
    headers = {"content_type": "application/x-ndjson", "idempotency_key": world.key()}
    path = f"{REGISTRATIONS}?{SCHOOL}"
    answer = await world.call("las-noord", "POST", path, body, **headers)
    receipt = answer.json()
    assert (answer.status_code, receipt["aantalAangenomen"]) == (202, 1)
    ((line, codes),) = [
        (one["regel"], [fault["code"] for fault in one["fouten"]]) for one in receipt["geweigerd"]
    ]
    assert (line, codes) == (2, ["geen-mandaat"])
    one = await send(world, path, registration("n-3", vestigingscode="99BB00"))
    assert faults(one)[0][1] == "geen-mandaat"


async def test_a_replay_tells_nothing_of_another_school(world: World) -> None:
    key, body = world.key(), signaal(world.pupil())
    first = await send(world, "/v1/signalen", body, key)
    assert first.status_code == 202
    again = await send(world, f"/v1/signalen?{SCHOOL}", body, key)
    assert refusal(again) == (403, "geen-mandaat")
    for query in ("", f"?{OWN}"):
        again = await send(world, f"/v1/signalen{query}", body, key)
        assert again.headers["idempotent-replayed"] == "true"
        assert again.content == first.content


async def test_a_delivery_is_told_again_to_each_school_that_is_in_it(world: World) -> None:
    key = world.key()
    body = ndjson(registration("m-1", vestigingscode="99BB00"), registration("m-2"))
    assert (await post(world, body, idempotency_key=key)).status_code == 202
    headers = {"content_type": "application/x-ndjson", "idempotency_key": key}
    again = await world.call("las-noord", "POST", f"{REGISTRATIONS}?{SCHOOL}", body, **headers)
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_message_of_another_school_is_not_there_to_be_withdrawn(world: World) -> None:
    number = await world.sent()
    path = f"/v1/berichten/{number}/intrekkingen"
    refused = await send(world, f"{path}?{SCHOOL}", {"reden": "onjuist"})
    assert refusal(refused) == (404, "niet-gevonden")
    assert bericht_id(await send(world, path, {"reden": "onjuist"}))
    repeated = await send(world, f"{path}?{SCHOOL}", {"reden": "onjuist"})
    assert refusal(repeated) == (404, "niet-gevonden")
    rehearsed = await send(world, f"{path}?valideer=true&{SCHOOL}", {"reden": "onjuist"})
    assert refusal(rehearsed) == (404, "niet-gevonden")
    assert (await send(world, path, {"reden": "onjuist"})).status_code == 200


PUTS: Mapping[str, object] = {
    "verzuimbeleid": BELEID,
    "schoolkalenders/2026-2027": KALENDER,
    "leerlingaantallen/2026-10": AANTALLEN,
    "schoolcijfers/2026-09": CIJFERS,
}


@pytest.mark.parametrize("path", PUTS)
async def test_nothing_is_laid_down_or_read_back_for_another_school(
    world: World, path: str
) -> None:
    for vestiging, expected in (("99BB00", {403}), ("99AA00", {200, 201})):
        full = f"/v1/vestigingen/{vestiging}/{path}?{SCHOOL}"
        for valideer in ("&valideer=true", ""):
            put = await world.call("las-noord", "PUT", full + valideer, PUTS[path])
            assert put.status_code in expected, put.text
        assert (await world.call("las-noord", "GET", full)).status_code in expected


async def test_what_is_read_is_of_that_school_alone(world: World) -> None:
    number = await world.sent()
    receipt = await world.call("las-noord", "GET", f"/v1/ontvangstbewijzen/{number}?{SCHOOL}")
    assert refusal(receipt) == (404, "niet-gevonden")
    for route in ("ontvangstbewijzen", "terugmeldingen", "drempelmeldingen"):
        path = f"/v1/{route}?vestigingscode="
        other = await world.call("las-noord", "GET", f"{path}99BB00&{SCHOOL}")
        assert refusal(other) == (403, "geen-mandaat")
        for query in (f"99AA00&{SCHOOL}", f"99BB00&{OWN}", "99BB00"):
            assert (await world.call("las-noord", "GET", path + query)).status_code == 200


async def test_the_next_page_is_asked_for_the_same_school(world: World) -> None:
    for _ in range(2):
        await world.sent(vestigingscode="99AA00")
    path = f"/v1/ontvangstbewijzen?vestigingscode=99AA00&limit=1&{SCHOOL}"
    page = await world.call("las-noord", "GET", path)
    assert SCHOOL in page.json()["_links"]["next"]["href"]
