"""Calls the gateway as one party, and calls again: a part may just be starting anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from time import monotonic
from typing import Any, Protocol

from exchange.errors import Unavailable
from exchange.sandbox.setup.folder import trouble

_PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.5
_AGAIN = frozenset({HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS})

Document = Mapping[str, Any]
"""A JSON object."""

Pause = Callable[[float], None]
"""Sleeps; raises when the sandbox must stop."""


class Reply(Protocol):
    """What came back."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by lower-case name."""

    @property
    def body(self) -> bytes:
        """The body."""


class Connection(Protocol):
    """One party's mTLS connection."""

    def call(
        self, method: str, path: str, body: bytes | None = ..., headers: Mapping[str, str] = ...
    ) -> Reply:
        """Give the answer; ``Unavailable`` when there is none."""


class Caller:
    """One party that calls, and calls again: every call here may safely be repeated."""

    def __init__(self, connection: Connection, pause: Pause) -> None:
        self._connection = connection
        self._pause = pause

    def get(self, path: str) -> Document:
        """Give the JSON of a GET that must succeed."""
        return _json(self.call("GET", path), path)

    def put(self, path: str, document: Document) -> Document:
        """PUT a document that must be taken; give the answer's JSON."""
        return _json(self.call("PUT", path, wire(document)), path)

    def post(self, path: str, body: bytes, key: str | None = None) -> Reply:
        """POST a body, under an idempotency key if it is a school's message."""
        return self.call("POST", path, body, {"idempotency-key": key} if key else {})

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Give the answer; raises ``Unavailable`` when there is none for half a minute."""
        self._pause(0)
        deadline = monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                reply = self._connection.call(method, path, body, headers or {})
            except Unavailable:
                if monotonic() > deadline:
                    raise
            else:
                if not _asks_again(reply) or monotonic() > deadline:
                    return reply
            self._pause(_PAUSE_SECONDS)


def _asks_again(reply: Reply) -> bool:
    """Whether it says to wait: out of service, over quota, or at work on this very request."""
    is_busy = reply.status == HTTPStatus.CONFLICT and "retry-after" in reply.headers
    return is_busy or reply.status in _AGAIN


def wire(document: Document) -> bytes:
    """Give a document's bytes, always the same ones."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _json(reply: Reply, path: str) -> Document:
    """Give the JSON of a call that must succeed; ``Unavailable`` naming the call if it did not."""
    if reply.status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
        raise trouble(f"{path}: antwoord {reply.status}{_code(reply)}")
    document: Document = json.loads(reply.body)
    return document


def _code(reply: Reply) -> str:
    try:
        return f" ({json.loads(reply.body)['code']})"
    except (ValueError, KeyError, TypeError):
        return ""
