"""What has lapsed is gone: 410 for its recipient, 410 for its receipt once the key is destroyed."""

from __future__ import annotations

from datetime import UTC, datetime

from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.workers.sweeper import Sweeper
from tests.integration.api.world import World, bericht_id, refusal, signaal

OFFICER = "leerplicht-0361"
YEARS_LATER = datetime(2029, 9, 3, 10, 0, tzinfo=UTC)


async def sweep(world: World) -> None:
    """Let time do its work, as the worker does."""
    gateway = world.gateway
    async with world.database.login("exchange_purge") as purge:
        sweeper = Sweeper(purge, gateway.keys, gateway.clock, gateway.ids, gateway.law)
        while await sweeper.sweep():
            pass


async def test_a_message_past_its_term_is_gone_for_its_recipient(world: World) -> None:
    fetched, waiting = await world.sent(), await world.sent()
    await world.download(OFFICER, fetched)
    with world.at(YEARS_LATER):
        await sweep(world)
        for answer in (
            await world.call(OFFICER, "GET", f"/v1/berichten/{waiting}"),
            await world.call(OFFICER, "GET", f"/v1/berichten/{fetched}"),
            await world.answer(OFFICER, fetched, uitkomst="ontvangen"),
            await world.report(OFFICER, fetched, status="in-behandeling"),
        ):
            assert refusal(answer) == (410, "vervallen")


async def test_what_a_destroyed_key_closed_is_gone_for_everybody(world: World) -> None:
    body = signaal(world.pupil(), vestigingscode="99BB01")
    number = bericht_id(await world.send(body))
    world.gateway.keys.destroy(Vestigingscode("99BB01"), Schooljaar.parse("2026-2027"))
    for name, path in ((OFFICER, "berichten"), ("las-noord", "ontvangstbewijzen")):
        answer = await world.call(name, "GET", f"/v1/{path}/{number}")
        assert refusal(answer) == (410, "vervallen")
