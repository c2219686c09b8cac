"""Calls of every kind, spoken to the bare application: each is made the direct way and by FastAPI.

A call is ASGI's own messages, so that nothing between tidies up what a client may send.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message

from exchange.pipeline.stages import Peer

_JSON = (b"content-type", b"application/json")
_ONE_AND_ONLY = re.compile(r"[A-Za-z0-9_+/=.-]{21,}")
"""Ids, digests, pseudonyms and signatures: what no two receipts share is longer than any word."""


@dataclass(frozen=True)
class Call:
    """One request; ``pieces`` is its body as it arrives, without an end when ``hangs_up``."""

    method: str = "POST"
    path: str = "/v1/signalen"
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = (_JSON,)
    pieces: tuple[bytes, ...] = (b"",)
    hangs_up: bool = False
    name: str | None = "las-noord"
    key: bool = True

    def scope(self, peer: Peer | None, key: str) -> dict[str, Any]:
        """Give what a server makes of its head."""
        keyed = ((b"idempotency-key", key.encode()),) if self.key else ()
        return {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "https",
            "method": self.method, "path": self.path, "raw_path": self.path.encode(),
            "root_path": "", "query_string": self.query, "headers": [*keyed, *self.headers],
            "server": ("gateway", 443), "test.peer": peer,
        }  # fmt: skip

    def messages(self) -> list[Message]:
        """Give its body as a server hands it over."""
        last = len(self.pieces) - 1
        parts: list[Message] = [
            {"type": "http.request", "body": piece, "more_body": self.hangs_up or at < last}
            for at, piece in enumerate(self.pieces)
        ]
        return [*parts, {"type": "http.disconnect"}]


@dataclass
class Told:
    """What came back: status, headers in their order, the body, and what went wrong on the way."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    def steady(self) -> tuple[object, ...]:
        """Give all of it but for what is new each time; that stays as long as it was."""
        return self.status, self.headers, masked(self.body.decode("latin-1"))


async def told(app: ASGIApp, scope: Mapping[str, Any], messages: Iterable[Message]) -> Told:
    """Make one call of the application."""
    incoming, answer = iter(messages), Told()

    async def receive() -> Message:
        return next(incoming)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            assert not answer.status, "an answer begins once"
            answer.status, answer.headers = message["status"], list(message["headers"])
        else:
            answer.body += message.get("body", b"")

    await app(dict(scope), receive, send)
    return answer


def masked(text: str) -> str:
    """Give a text with an x for every character of what is new each time."""
    return _ONE_AND_ONLY.sub(lambda found: "x" * len(found[0]), text)


def posted(body: object, *, headers: tuple[tuple[bytes, bytes], ...] = (), **how: Any) -> Call:  # noqa: ANN401
    """Give the call that sends ``body`` as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Call(headers=(_JSON, *headers), pieces=(content,), **how)
