"""Whoever we call, a provider, a gateway, anybody: every call ends, and believes nothing.

None of these servers ever stops by itself, so that a call ended at all is what is tested.
"""

from __future__ import annotations

import asyncio
import gzip
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest

from adapters.bounded import BoundedTransport
from adapters.http import mtls_client
from adapters.identity.oidc_http import Http
from adapters.keys.memory import MemoryKeyProvider
from adapters.party import PartyClient
from adapters.push.sender import HttpPushSender, PushSettings
from adapters.system import SystemClock
from adapters.witness.gateway import LogGateway
from exchange.errors import Unavailable
from exchange.messages.identifiers import Oin
from exchange.ports import Push, PushOutcome
from tests.unit.adapters.identity.loopback import Pki

Behave = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SECONDS = 0.25
_OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
_HARD = b"x: " + b"y" * 60_000 + b"\r\n"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """A CA, and what it issued."""
    return Pki(tmp_path_factory.mktemp("pki"))


@dataclass
class Server:
    """A server in a thread of its own; ``lines`` are the request lines that it read."""

    port: int = 0
    connections: int = 0
    lines: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"https://localhost:{self.port}"


@contextmanager
def serving(behave: Behave, tls: ssl.SSLContext | None) -> Iterator[Server]:
    """Serve until the block ends."""
    server, ready, loop = Server(), threading.Event(), asyncio.new_event_loop()
    done = asyncio.Event()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        with suppress(OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError):
            if tls is not None:
                server.lines.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
            await behave(reader, writer)
            await writer.drain()
        with suppress(OSError):
            writer.close()
            await writer.wait_closed()

    async def main() -> None:
        listening = await asyncio.start_server(one, "127.0.0.1", 0, ssl=tls)
        server.port = listening.sockets[0].getsockname()[1]
        ready.set()
        await done.wait()
        listening.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(10)
        loop.close()


def tls_of(pki: Pki) -> ssl.SSLContext:
    """Give the server's side of TLS; it asks nobody for a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.server.cert, pki.server.key)
    return context


def answers(data: bytes) -> Behave:
    """Say it and close."""

    async def behave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return behave


def for_ever(first: bytes, again: bytes, pause: float = 0.0) -> Behave:
    """Say it, and something more again and again."""

    async def behave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while not writer.is_closing():
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(pause)

    return behave


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Say nothing."""
    while await reader.read(65536):
        pass


HOSTILE = {
    "silent": silent,
    "drips a header": for_ever(_OK + b"x: ", b"y", 0.02),
    "drips headers": for_ever(_OK, b"x: y\r\n", 0.02),
    "drips a body": for_ever(_OK + b"content-length: 9999\r\n\r\n", b" ", 0.02),
    "drips chunks": for_ever(_OK + b"transfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.02),
    "floods headers": for_ever(_OK, _HARD),
    "floods a body": for_ever(_OK + b"\r\n", b" " * 65536),
    "interim answers": for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "garbage": answers(b"SSH-2.0-OpenSSH_9.2\r\n\x00\xff\r\n\r\n"),
    "nothing": answers(b""),
    "half": answers(_OK + b"content-length: 100\r\n\r\n{"),
    "packed": answers(
        _OK
        + b"content-encoding: gzip\r\ncontent-length: 100\r\n\r\n"
        + gzip.compress(b" " * 80_000)
    ),
    "two lengths": answers(_OK + b"content-length: 1\r\ncontent-length: 2\r\n\r\n{}"),
}
_NOT_JSON = {
    "no json": b"<html>",
    "a list": b"[]",
    "twice": b'{"issuer":"a","issuer":"b"}',
    "deep": b'{"a":' * 30_000,
    "no number": b'{"a":NaN}',
    "beyond a double": b'{"a":1e400}',
    "half a pair": b'{"a":"\\ud800"}',
    "latin-1": '{"a":"é"}'.encode("latin-1"),
    "a long number": b'{"a":' + b"9" * 5000 + b"}",
}
_STATUSES = (b"302 Found", b"301 Moved", b"307 Temporary", b"204 No", b"500 Oh", b"404 No")


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("tls", [True, False], ids=["tls", "no-tls"])
async def test_a_provider_of_sign_ins_is_given_up_in_time(pki: Pki, kind: str, tls: bool) -> None:
    http = replace(Http.open(pki.ca, allow_plain=False), seconds=SECONDS)
    with serving(HOSTILE[kind], tls_of(pki) if tls else None) as server:
        with pytest.raises(Unavailable):
            await http.get(f"{server.url}/x")
        with pytest.raises(Unavailable):
            await http.post(f"{server.url}/x", "code=1")


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("tls", [True, False], ids=["tls", "no-tls"])
def test_a_gateway_is_given_up_in_time(pki: Pki, kind: str, tls: bool) -> None:
    context = ssl.create_default_context(cafile=pki.ca)
    with serving(HOSTILE[kind], tls_of(pki) if tls else None) as server:
        transport = BoundedTransport(context, SECONDS, 200_000)
        with httpx.Client(transport=transport, trust_env=False) as client:
            for _ in range(2):  # a connection that failed leaves nothing to the next
                with pytest.raises(httpx.TransportError):
                    client.get(server.url)


def test_a_call_after_one_that_was_cut_off_has_its_own_time_and_bytes(pki: Pki) -> None:
    body = b" " * 150_000
    head = _OK + b"content-length: 150000\r\n\r\n"

    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(head + body)
            await writer.drain()
            await reader.readuntil(b"\r\n\r\n")

    context = ssl.create_default_context(cafile=pki.ca)
    with serving(twice, tls_of(pki)) as server:
        transport = BoundedTransport(context, 30.0, 200_000)
        with httpx.Client(transport=transport, trust_env=False) as client:
            for _ in range(3):
                assert len(client.get(server.url).content) == len(body)
        assert server.connections == 1  # kept


@pytest.mark.parametrize("status", _STATUSES)
async def test_nobody_is_followed_elsewhere(pki: Pki, status: bytes) -> None:
    with serving(answers(_OK + b"content-length: 2\r\n\r\n{}"), tls_of(pki)) as other:
        to = other.url.encode()
        answer = answers(
            b"HTTP/1.1 " + status + b"\r\nlocation: " + to + b"/\r\nrefresh: 0; url=" + to
            + b"\r\nlink: <" + to + b'>; rel="next"\r\ncontent-length: 0\r\n\r\n'
        )  # fmt: skip
        with serving(answer, tls_of(pki)) as server:
            with pytest.raises(Unavailable):
                await Http.open(pki.ca, allow_plain=False).get(f"{server.url}/x")
            with pytest.raises(Unavailable):
                _checkpoint(server.url, pki)
            with PartyClient(server.url, pki.ca, pki.client.cert, pki.client.key) as party:
                assert str(party.call("GET", "/v1/sleutels").status).encode() == status[:3]
            assert await _pushed(server.url, pki) is (
                PushOutcome.DELIVERED if status[:1] == b"2" else PushOutcome.FAILED
            )
        assert other.connections == 0


@pytest.mark.parametrize("kind", _NOT_JSON)
async def test_an_answer_that_is_no_strict_object_is_none(pki: Pki, kind: str) -> None:
    body = _NOT_JSON[kind]
    data = _OK + f"content-length: {len(body)}\r\n\r\n".encode() + body
    with serving(answers(data), tls_of(pki)) as server, pytest.raises(Unavailable) as refused:
        await Http.open(pki.ca, allow_plain=False).get(f"{server.url}/x")
    assert refused.value.facts == {"onderdeel": "aanmelddienst (antwoord)"}


async def test_no_setting_of_the_environment_leads_a_call_elsewhere(
    pki: Pki, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    good = answers(_OK + b"content-length: 2\r\n\r\n{}")
    with serving(silent, None) as proxy, serving(good, tls_of(pki)) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SOCKS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{proxy.port}")
        netrc = tmp_path / "netrc"
        netrc.write_text("machine localhost login naam password geheim\n", "utf-8")
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("SSL_CERT_FILE", str(pki.foreign_ca))
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)

        assert await _pushed(server.url, pki) is PushOutcome.DELIVERED
        assert await Http.open(pki.ca, allow_plain=False).get(f"{server.url}/x") == {}
        assert _checkpoint(server.url, pki) == b"{}"
        files = (pki.ca, pki.client.cert, pki.client.key)
        with PartyClient(server.url, *files) as party:
            assert party.call("GET", "/v1/sleutels").status == 200
        with mtls_client(server.url, *files) as kit:
            assert kit.get("/v1/sleutels").json() == {}
        assert len(server.lines) == 5
        assert proxy.connections == 0


async def test_a_sign_in_that_is_given_up_in_the_handshake_leaves_no_connection(pki: Pki) -> None:
    gone = threading.Event()

    async def hears_the_end(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()
        gone.set()

    with serving(hears_the_end, None) as server:
        asking = asyncio.create_task(Http.open(pki.ca, allow_plain=False).get(server.url))
        while not server.connections:  # noqa: ASYNC110  it lives in another thread
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError) as given_up:
            await asking
        assert await asyncio.to_thread(gone.wait, 10)
        assert given_up.type is asyncio.CancelledError  # held: only our own closing ended it


def _checkpoint(url: str, pki: Pki) -> bytes:
    log = LogGateway(url, pki.ca)
    try:
        return log.checkpoint()
    finally:
        log.close()


async def _pushed(url: str, pki: Pki) -> PushOutcome:
    settings = PushSettings(Oin("00000099000000010000"), allow_private=True, ca=pki.ca)
    sender = HttpPushSender(settings, MemoryKeyProvider(), SystemClock())
    try:
        return await sender.send(Push(f"{url}/hook", Oin("00000099000003610000"), 17))
    finally:
        await sender.aclose()
