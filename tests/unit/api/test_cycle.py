"""A whole answer leaves byte for byte as its two parts would; and how a connection waits."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exchange.api.cycle import AT_HAND, WHOLE
from exchange.api.edge import SECURITY_HEADERS, Edge
from exchange.api.protocol import HttpProtocol
from exchange.api.serving import Listener
from exchange.telemetry.metrics import Metrics
from tests.unit.api.test_protocol import serving

App = Callable[[Any, Any, Any], Any]
BODY = b"x" * 300
POST = b"POST /%s HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n%s\r\n{}"
ASKED = {
    "the last": POST % (b"", b"connection: close\r\n"),
    "two at once": POST % (b"", b"") + POST % (b"", b"connection: close\r\n"),
    "an older client": b"GET / HTTP/1.0\r\n\r\n",
    "an older client that stays": b"GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n",
    "a look": b"HEAD / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    "to be asked": POST % (b"", b"expect: 100-continue\r\nconnection: close\r\n"),
    "nothing to read": POST % (b"204", b"connection: close\r\n"),
    "nothing new": POST % (b"304", b"connection: close\r\n"),
    "kept by others": POST % (b"cached", b"connection: close\r\n"),
}
OWN = {
    "/204": (204, []),
    "/304": (304, [(b"etag", b'"1"')]),
    "/cached": (200, [(b"content-length", b"300"), (b"cache-control", b"max-age=9")]),
}
USUAL = (202, [(b"idempotent-replayed", b"true"), (b"content-length", b"300")])


def answering(*, whole: bool) -> Edge:
    """Give an application that answers at once, or in a head and a body."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  ASGI's own
        await receive()
        status, headers = OWN.get(scope["path"], USUAL)
        body = BODY if (b"content-length", b"300") in headers else b""
        if whole:
            await send({"type": WHOLE, "status": status, "headers": headers, "body": body})
            return
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return Edge(answer, Metrics())


async def heard(app: App, socket: Path, raw: bytes) -> bytes:
    """Give all that comes back until the connection ends; the moment is the same."""
    async with serving([Listener(app, socket=socket)]), asyncio.timeout(5):
        reader, writer = await asyncio.open_unix_connection(str(socket))
        writer.write(raw)
        found = await reader.read()
        writer.close()
        await writer.wait_closed()
    return re.sub(rb"date: [^\r]+\r\n", b"date: now\r\n", found)


@pytest.mark.parametrize("asked", ASKED)
async def test_a_whole_answer_is_what_its_parts_are(tmp_path: Path, asked: str) -> None:
    whole = await heard(answering(whole=True), tmp_path / "a", ASKED[asked])
    parts = await heard(answering(whole=False), tmp_path / "b", ASKED[asked])
    assert whole == parts
    assert all(name.encode() in whole for name in SECURITY_HEADERS)
    assert whole.startswith((b"HTTP/1.1 100 ", b"HTTP/1.1 2", b"HTTP/1.1 304 "))


async def test_a_field_that_would_end_its_line_is_not_written(tmp_path: Path) -> None:
    async def splits(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  ASGI's own
        fields = [(b"content-length", b"0"), (b"a", b"b\r\nset-cookie: c")]
        await send({"type": WHOLE, "status": 200, "headers": fields, "body": b""})

    answer = await heard(Edge(splits, Metrics()), tmp_path / "s", ASKED["the last"])
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"set-cookie" not in answer


@pytest.mark.parametrize(
    ("pieces", "waited"),
    [
        ((ASKED["the last"],), False),
        ((ASKED["the last"][:-2], b"{}"), True),
        ((ASKED["the last"][:-1], b"}"), True),
        ((ASKED["the last"][:9], ASKED["the last"][9:]), False),
    ],
    ids=["all at once", "the body later", "half of the body later", "the head in two"],
)
async def test_it_is_told_whether_anybody_waited_for_the_body(
    tmp_path: Path, pieces: tuple[bytes, ...], waited: bool
) -> None:
    messages: list[dict[str, Any]] = []

    async def reading(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  ASGI's own
        messages.append(await receive())
        while messages[-1]["more_body"]:
            messages.append(await receive())
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async with serving([Listener(reading, socket=tmp_path / "s")]), asyncio.timeout(5):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.05)
        assert (await reader.read()).startswith(b"HTTP/1.1 204 ")
        writer.close()
        await writer.wait_closed()
        assert b"".join(one["body"] for one in messages) == b"{}"
    assert (AT_HAND not in messages[-1]) is waited


class Brief(HttpProtocol):
    """The same, where nobody may stay for long without a question."""

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401  uvicorn's own
        self.timeout_keep_alive = 1
        super().connection_made(transport)


async def test_a_connection_on_which_nothing_is_asked_ends_and_one_in_use_does_not(
    tmp_path: Path,
) -> None:
    app, socket = answering(whole=True), tmp_path / "s"
    async with serving([Listener(app, socket=socket, protocol=Brief)]), asyncio.timeout(10):
        reader, writer = await asyncio.open_unix_connection(str(socket))
        for _ in range(4):
            writer.write(POST % (b"", b""))
            assert (await reader.readuntil(BODY)).startswith(b"HTTP/1.1 202 ")
            await asyncio.sleep(0.4)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
