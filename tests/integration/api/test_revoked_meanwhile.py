"""A message may be on its way for long: whose certificate ends meanwhile has sent nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from exchange.api.app import build_app
from exchange.api.visit import Door
from exchange.errors import Code, Refused
from exchange.pipeline.stages import Peer
from exchange.telemetry.metrics import Metrics
from tests.integration.api.world import OINS, World, refusal, signaal
from tests.persons import bsn


class Certificate:
    """What a listener reads of its connection, until it is revoked."""

    def __init__(self) -> None:
        self.revoked = False

    def __call__(self, scope: object) -> Peer:
        """Give the peer, as ``Door.peer_of`` does."""
        if self.revoked:
            raise Refused(Code.NIET_AANGEMELD)
        return Peer(OINS["las-noord"], "x5t-of-las-noord")


@pytest.mark.parametrize("ends", [True, False])
async def test_a_certificate_that_ends_while_its_message_comes_brings_nothing(
    world: World, *, ends: bool
) -> None:
    await world.stay_current()
    certificate = Certificate()
    app = build_app(Door(world.gateway, certificate, world.snapshot.refresh), Metrics())
    body = json.dumps(signaal(bsn(600 + ends))).encode()

    async def slowly() -> AsyncIterator[bytes]:
        yield body[:40]
        certificate.revoked = ends
        yield body[40:]

    before = await world.rows("SELECT bericht_id FROM messages")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="https://gateway"
    ) as client:
        headers = {"content-type": "application/json", "idempotency-key": world.key()}
        answer = await client.post("/v1/signalen", content=slowly(), headers=headers)
    accepted = len(await world.rows("SELECT bericht_id FROM messages")) - len(before)
    if ends:
        assert refusal(answer) == (401, "niet-aangemeld")
        assert accepted == 0
    else:
        assert answer.status_code == 202, answer.text
        assert accepted == 1
