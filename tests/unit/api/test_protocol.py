"""What a listener reads of a connection: a real server on a Unix socket, spoken to in raw bytes."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from adapters.identity.mtls import TlsProtocol
from exchange.api.edge import SECURITY_HEADERS
from exchange.api.protocol import HttpProtocol
from exchange.api.serving import Listener, serve_all
from exchange.errors import Unavailable

_FAREWELL_SECONDS = 0.1

_WITH_TRAILER = (
    b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
    b"3\r\nabc\r\n0\r\nclient-cert: :AAAA:\r\n\r\n"
)


class Hasty(HttpProtocol):
    """The same, with little patience."""

    head_seconds = 0.2
    window_seconds = 0.2
    second_look_seconds = 0.1
    least_bytes = 1


async def _echo_head(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  ASGI's own
    """Answer with the head as it is once the whole body is in."""
    while (await receive()).get("more_body"):
        pass
    names = [name.decode() for name, _ in scope["headers"]]
    body = json.dumps(names).encode()
    head = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def _served(path: Path, **options: Any) -> AsyncIterator[asyncio.Event]:  # noqa: ANN401
    async with serving([Listener(_echo_head, socket=path, **options)]) as stop:
        yield stop


@asynccontextmanager
async def serving(listeners: list[Listener]) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    serving = asyncio.create_task(serve_all(listeners, stop, _FAREWELL_SECONDS))
    try:
        for listener in listeners:
            assert listener.socket
            await _reachable(listener.socket)
        yield stop
    finally:
        stop.set()
        await asyncio.gather(serving, return_exceptions=True)


async def _reachable(path: Path) -> None:
    async with asyncio.timeout(5):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_unix_connection(str(path))
                writer.close()
                return
            await asyncio.sleep(0.01)


async def _say(path: Path, raw: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(raw)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().splitlines() if line.startswith(b"content-length"))
    body = await reader.readexactly(int(length.partition(b":")[2]))
    writer.close()
    return head + body


async def test_a_field_after_the_body_is_no_field_of_the_head(tmp_path: Path) -> None:
    async with _served(tmp_path / "s"):
        assert b"client-cert" not in await _say(tmp_path / "s", _WITH_TRAILER)


def test_the_tls_listener_reads_its_connections_alike() -> None:
    assert issubclass(TlsProtocol, HttpProtocol)


async def test_the_server_alone_would_add_it_to_the_head(tmp_path: Path) -> None:
    """Without this the test above proves nothing."""
    async with _served(tmp_path / "s", protocol=HttpToolsProtocol):
        assert b"client-cert" in await _say(tmp_path / "s", _WITH_TRAILER)


async def test_what_is_no_http_is_answered_with_a_problem_and_all_headers(tmp_path: Path) -> None:
    async with _served(tmp_path / "s"):
        answer = await _say(tmp_path / "s", b"GET / HTTP/1.1\r\nhost: a\r\na: b\x00c\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in answer
    assert all(f"{n}: {v}\r\n".encode() in answer for n, v in SECURITY_HEADERS.items())


_HEAD = b"GET / HTTP/1.1\r\nhost: a\r\n"
_CHUNKED = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("hosts", [b"", b"host: a\r\nHost: b\r\n"])
async def test_a_request_names_one_host(tmp_path: Path, hosts: bytes) -> None:
    async with _served(tmp_path / "s"):
        answer = await _say(tmp_path / "s", b"GET / HTTP/1.1\r\n" + hosts + b"a: b\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ")
        older = await _say(tmp_path / "s", b"GET / HTTP/1.0\r\n\r\n")
        assert older.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "asked",
    [
        (
            b"POST / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: b\r\n"
            b"content-length: 33\r\n\r\n"
        ),
        b"CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n",
    ],
    ids=["another protocol", "a tunnel"],
)
async def test_no_other_protocol_is_spoken(tmp_path: Path, asked: bytes) -> None:
    """Its body would be taken for the next request, with a head that nobody looked at."""
    async with _served(tmp_path / "s"):
        answer = await _say(tmp_path / "s", asked + b"GET /b HTTP/1.1\r\nhost: a\r\na: b\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (_HEAD, b"a: b\r\n"),
        (_HEAD + b"a: ", b"b" * 1000),
        (b"GET /", b"a" * 1000),
        (_HEAD + b"a", b"a" * 1000),
        (_CHUNKED + b"1\r\na\r\n0\r\n", b"a: b\r\n"),
        (_CHUNKED + b"1\r\na\r\n0\r\na: ", b"b" * 1000),
        (_CHUNKED + b"1;a=", b"b" * 1000),
        (_CHUNKED, b"0" * 1000),
    ],
    ids=["fields", "value", "path", "name", "trailers", "trailer", "extension", "size"],
)
async def test_what_never_ends_beside_a_body_is_cut_off(
    tmp_path: Path, first: bytes, again: bytes
) -> None:
    async with _served(tmp_path / "s"):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write(first)
        sent = 0
        with suppress(OSError):
            while not reader.at_eof() and sent < 50_000_000:
                writer.write(again * 50)
                sent += len(again) * 50
                await writer.drain()
                await asyncio.sleep(0)
        with suppress(OSError):
            answer = await reader.read()
            assert answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    assert sent < 5_000_000  # what the buffers of both ends took before it noticed


async def test_a_large_head_and_small_chunks_are_still_read(tmp_path: Path) -> None:
    field = b"a: " + b"b" * 600 + b"\r\n"
    chunks = b"1\r\na\r\n" * 50_000
    async with _served(tmp_path / "s"):
        answer = await _say(tmp_path / "s", _HEAD + field * 90 + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert (await _say(tmp_path / "s", _CHUNKED + chunks + b"0\r\n\r\n")).startswith(
            b"HTTP/1.1 200 "
        )
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write((_HEAD + b"\r\n") * 3000)  # more in one go than one of them may have
        for _ in range(3000):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            await reader.readexactly(8)
        writer.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nhost:",
        b"",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n",
    ],
    ids=["a head without end", "nothing", "a body without end"],
)
async def test_who_speaks_too_slowly_is_answered_and_cut_off(tmp_path: Path, sent: bytes) -> None:
    async with _served(tmp_path / "s", protocol=Hasty), asyncio.timeout(5):
        assert (await _say(tmp_path / "s", sent)).startswith(b"HTTP/1.1 408 ")


async def test_the_head_of_a_later_request_is_bounded_too(
    tmp_path: Path,
) -> None:
    async with _served(tmp_path / "s", protocol=Hasty), asyncio.timeout(5):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert (await reader.readuntil(b'["host"]')).startswith(b"HTTP/1.1 200 ")
        writer.write(b"\r\n")
        assert await reader.read() == b""
        writer.close()


async def test_a_body_that_keeps_coming_may_take_its_time(
    tmp_path: Path,
) -> None:
    async with _served(tmp_path / "s", protocol=Hasty), asyncio.timeout(5):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        writer.write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 12\r\n\r\n")
        for _ in range(12):
            await asyncio.sleep(0.05)
            writer.write(b"a")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        writer.close()


async def test_who_waits_to_be_asked_for_the_body_is_not_slow(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def late(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  ASGI's own
        await asked.wait()
        await _echo_head(scope, receive, send)

    listener = Listener(late, socket=tmp_path / "s", protocol=Hasty)
    async with serving([listener]), asyncio.timeout(5):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        lines = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\nexpect: 100-continue\r\n\r\n"
        writer.write(lines)
        await asyncio.sleep(0.8)
        asked.set()
        assert (await reader.readline()).startswith(b"HTTP/1.1 100 ")
        writer.close()


async def test_the_socket_is_for_its_owner_and_group_alone(tmp_path: Path) -> None:
    async with _served(tmp_path / "s"):
        assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o660
    assert not (tmp_path / "s").exists()


async def test_a_socket_that_a_crash_left_behind_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "s"))
    async with _served(tmp_path / "s"):
        assert (await _say(tmp_path / "s", b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"))[9:12] == b"200"


async def test_a_socket_that_somebody_serves_is_left_alone(tmp_path: Path) -> None:
    async with _served(tmp_path / "s"):
        with pytest.raises(Unavailable):
            await serve_all([Listener(_echo_head, socket=tmp_path / "s")], asyncio.Event())
        assert (await _say(tmp_path / "s", b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"))[9:12] == b"200"


async def test_who_had_reached_a_stopping_gateway_is_answered(tmp_path: Path) -> None:
    async with _served(tmp_path / "s") as stop:
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
        stop.set()
        while (tmp_path / "s").exists():  # noqa: ASYNC110  the server sets no event
            await asyncio.sleep(0.01)
        writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        writer.close()
