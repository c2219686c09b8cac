"""A revocation of which the gateway has not heard yet: the database says no, and the caller hears.

The directory is a few seconds old; until it is read again, row security decides what is written and
what is seen. Never is that a fault of ours.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.integration.api.test_leerlingaantallen import BODY as AANTALLEN
from tests.integration.api.test_schoolcijfers import BODY as CIJFERS
from tests.integration.api.test_verzuimregistraties import ndjson, registration
from tests.integration.api.world import BELEID, KALENDER, OINS, World, faults, refusal, signaal

SCHOOL = "/v1/vestigingen/99BB00"
PUTS = {
    "verzuimbeleid": BELEID,
    "schoolkalenders/2026-2027": KALENDER,
    "leerlingaantallen/2026-10": AANTALLEN,
    "schoolcijfers/2026-09": CIJFERS,
}
REVOKED = (("mandates", "supplier"), ("parties", "oin"))


@asynccontextmanager
async def unheard(world: World, table: str, column: str) -> AsyncIterator[None]:
    """Revoke las-noord in the database, right after the gateway read its directory."""
    await world.refresh()
    whose = f"WHERE {column} = '{OINS['las-noord'].reveal()}'"
    await world.execute(f"UPDATE {table} SET revoked_at = now() {whose}")  # noqa: S608  our own names
    try:
        yield
    finally:
        await world.execute(f"UPDATE {table} SET revoked_at = NULL {whose}")  # noqa: S608  our own names


@pytest.mark.parametrize(("table", "column"), REVOKED)
@pytest.mark.parametrize("path", PUTS)
async def test_what_is_laid_down_for_a_school_is_refused(
    world: World, path: str, table: str, column: str
) -> None:
    async with unheard(world, table, column):
        answer = await world.call("las-noord", "PUT", f"{SCHOOL}/{path}", PUTS[path])
        assert refusal(answer) == (403, "geen-mandaat")
        assert (await world.call("las-noord", "GET", f"{SCHOOL}/{path}")).status_code == 404
    twin = await world.call("las-noord", "PUT", f"{SCHOOL}/{path}", PUTS[path])
    assert twin.is_success, twin.text


@pytest.mark.parametrize(("table", "column"), REVOKED)
async def test_a_delivery_is_refused(world: World, table: str, column: str) -> None:
    line = registration(f"h-{table}", vestigingscode="99BB00")
    del line["reden"]
    body = ndjson({**line, "categorie": "geoorloofd"})
    headers = {"content_type": "application/x-ndjson", "idempotency_key": world.key()}
    path = "/v1/verzuimregistraties"
    async with unheard(world, table, column):
        answer = await world.call("las-noord", "POST", path, body, **headers)
        assert refusal(answer) == (403, "geen-mandaat")
    twin = await world.call("las-noord", "POST", path, body, **headers)
    assert twin.status_code == 202, twin.text


@pytest.mark.parametrize(("table", "column"), REVOKED)
async def test_what_was_sent_before_is_seen_no_more(world: World, table: str, column: str) -> None:
    number, key = await world.sent(), world.key()
    body = signaal(world.pupil())
    assert (await world.send(body, key=key)).status_code == 202
    path = f"/v1/ontvangstbewijzen/{number}"
    async with unheard(world, table, column):
        assert refusal(await world.call("las-noord", "GET", path)) == (404, "niet-gevonden")
        assert refusal(await world.withdraw(number)) == (404, "niet-gevonden")
        again = await world.send(body, key=key)
        assert refusal(again) == (403, "geen-mandaat")
    assert (await world.call("las-noord", "GET", path)).status_code == 200


async def test_once_it_is_heard_everything_is_refused(world: World) -> None:
    async with unheard(world, "mandates", "supplier"):
        await world.refresh()
        answer = await world.send(signaal(world.pupil()))
        assert faults(answer) == [("/vestigingscode", "geen-mandaat")] or refusal(answer)[0] == 403
    async with unheard(world, "parties", "oin"):
        await world.refresh()
        assert refusal(await world.send(signaal(world.pupil()))) == (401, "niet-aangemeld")
    await world.refresh()
