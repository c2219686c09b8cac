"""Knocks at the real application with bytes as they are: nothing tidies them up on the way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message
from structlog.testing import capture_logs

from exchange.errors import Code
from exchange.pipeline.stages import Peer
from tests.fuzz.hard import MARK
from tests.integration.api.world import OINS, WithPeer, World

Header = tuple[bytes, bytes]
_HOST = ((b"host", b"gateway"),)
_CODES = {code.value for code in Code}


@dataclass(frozen=True)
class Heard:
    """An answer, and what the operator's log says of it."""

    status: int
    headers: Sequence[Header]
    body: bytes
    events: str = field(repr=False)

    @property
    def told(self) -> bytes:
        """All that somebody can read of it."""
        lines = b"\n".join(name + b": " + value for name, value in self.headers)
        return lines + b"\n" + self.body + b"\n" + self.events.encode("utf-8", "replace")


class Doorstep:
    """Where to knock; what lies behind it is not shown when an example is."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __repr__(self) -> str:
        return "Doorstep()"

    def key(self) -> bytes:
        """Give a fresh idempotency key."""
        return self._world.key().encode()

    async def knock(
        self,
        name: str | None,
        method: str,
        path: str,
        query: bytes = b"",
        headers: Sequence[Header] = (),
        chunks: Sequence[bytes] = (b"",),
    ) -> Heard:
        """Make one call with exactly these bytes."""
        await self._world.stay_current()
        peer = Peer(OINS[name], f"x5t-of-{name}") if name else None
        app = WithPeer(self._world.app, peer)
        return await _asked(app, method, path, query, headers, chunks)


def _with_host(headers: Sequence[Header]) -> list[Header]:
    return [*headers] if any(name == b"host" for name, _ in headers) else [*_HOST, *headers]


async def _asked(
    app: ASGIApp,
    method: str,
    path: str,
    query: bytes,
    headers: Sequence[Header],
    chunks: Sequence[bytes],
) -> Heard:
    sent: list[Message] = []
    waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks] + [
        {"type": "http.request", "body": b"", "more_body": False}
    ]
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "scheme": "https", "path": path, "raw_path": path.encode("utf-8", "replace"),
        "root_path": "", "query_string": query, "headers": _with_host(headers),
        "server": ("gateway", 443), "client": ("127.0.0.1", 1), "state": {},
    }  # fmt: skip

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    with capture_logs() as events:
        await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in sent)
    return Heard(start["status"], start["headers"], body, json.dumps(events, default=str))


def require_decent(heard: Heard) -> None:
    """Hold an answer to what every answer must be, whatever was asked."""
    assert 200 <= heard.status < 500, heard
    assert MARK.encode() not in heard.told, heard
    if heard.status >= 400:
        kinds = [value for name, value in heard.headers if name.lower() == b"content-type"]
        assert kinds == [b"application/problem+json"], heard
        if heard.body:  # a HEAD has none
            problem = json.loads(heard.body)
            assert problem["status"] == heard.status
            assert {problem["code"], *(f["code"] for f in problem.get("fouten", ()))} <= _CODES
