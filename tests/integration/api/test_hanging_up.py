"""A sender that hangs up half way is nobody's fault, and nothing of it stays."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from structlog.testing import capture_logs

from exchange.pipeline.stages import Peer
from tests.integration.api.world import OINS, World


async def test_a_sender_that_hangs_up_is_no_fault_and_leaves_nothing(world: World) -> None:
    incoming: Iterator[MutableMapping[str, Any]] = iter(
        [
            {"type": "http.request", "body": b'{"vestigingscode"', "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    sent: list[object] = []

    async def receive() -> MutableMapping[str, Any]:
        return next(incoming)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/signalen",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"idempotency-key", b"cut-short")],
        "test.peer": Peer(OINS["las-noord"], "thumbprint"),
    }
    with capture_logs() as lines:
        await world.app(scope, receive, send)

    assert "fault" not in {line["event"] for line in lines}
    async with world.database.raw() as root:
        assert await root.fetchval("SELECT count(*) FROM messages") == 0
