"""Whatever a recipient's server does, an attempt ends in time and believes nothing."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from uuid import UUID

import pytest

from adapters.keys.memory import MemoryKeyProvider
from adapters.push.sender import HttpPushSender, PushSettings
from exchange.crypto.pki import make_server
from exchange.messages.identifiers import Oin
from exchange.ports import Push, PushOutcome
from tests.unit.adapters.identity.loopback import PAST, VALID, Files, Pki

SECONDS = 0.6
Behave = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
BERICHT = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


@dataclass
class Recipient:
    """A server on the loopback address, and what it saw of its callers."""

    behave: Behave
    port: int = 0
    connections: int = 0
    at_once: int = 0
    names: list[str | None] = field(default_factory=list)
    _open: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open += 1
        self.at_once = max(self.at_once, self._open)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await reader.readuntil(b"\r\n\r\n")
            await self.behave(reader, writer)
            await writer.drain()
        self._open -= 1
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def recipient(files: Files | None, behave: Behave) -> AsyncIterator[Recipient]:
    one = Recipient(behave)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if files else None
    if tls and files:
        tls.load_cert_chain(files.cert, files.key)
        tls.sni_callback = lambda _, name, __: one.names.append(name)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0, ssl=tls)
    one.port = server.sockets[0].getsockname()[1]
    yield one
    server.close()


async def attempt(
    one: Recipient, ca: Path, host: str = "localhost", settings: PushSettings | None = None
) -> PushOutcome:
    async with sending(settings or settings_for(ca)) as sender:
        return await sender.send(push_to(one, host))


def settings_for(ca: Path) -> PushSettings:
    gateway = Oin("00000099000000010000")
    return PushSettings(gateway, allow_private=True, ca=ca, total_seconds=SECONDS)


def push_to(one: Recipient, host: str = "localhost") -> Push:
    return Push(f"https://{host}:{one.port}/push", Oin("00000099000003610000"), BERICHT)


@asynccontextmanager
async def sending(
    settings: PushSettings, resolve: Callable[[str, int], Sequence[str]] = lambda *_: ["127.0.0.1"]
) -> AsyncIterator[HttpPushSender]:
    sender = HttpPushSender(settings, MemoryKeyProvider(), Now(), resolve)
    yield sender
    await sender.aclose()


def answers(data: bytes) -> Behave:
    async def behave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return behave


def forever(first: bytes, again: bytes, pause: float = 0.0) -> Behave:
    async def behave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while not writer.is_closing():
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(pause)

    return behave


async def hangs(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read(1 << 20)  # the body of the notice
    await reader.read()  # until the caller gives up


async def test_a_good_recipient_hears_it_under_its_own_name(pki: Pki) -> None:
    async with recipient(pki.server, answers(OK)) as one:
        assert await attempt(one, pki.ca) is PushOutcome.DELIVERED
        assert one.names == ["localhost"]


@pytest.mark.parametrize(
    "behave",
    [
        hangs,
        forever(b"HTTP/1.1 200 OK\r\n", b"x", 0.02),
        forever(b"", b"H", 0.02),
        forever(b"HTTP/1.1 200 OK\r\n", b"x-leeg: " + b"y" * 1000 + b"\r\n", 0.001),
        forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        forever(b"", b"\x00" * 65536),
        answers(b""),
        answers(b"200 OK"),
        answers(b"SSH-2.0-OpenSSH_9.2\r\n"),
        answers(b"HTTP/1.1 OK\r\n\r\n"),
        answers(b"HTTP/1.1 2OO OK\r\n\r\n"),
        answers(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n"),
        answers(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n"),
        answers(b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n"),
    ],
    ids=lambda _: "",
)
async def test_garbage_silence_and_dripping_are_a_failure_in_time(pki: Pki, behave: Behave) -> None:
    started = perf_counter()
    async with recipient(pki.server, behave) as one:
        assert await attempt(one, pki.ca) is PushOutcome.FAILED
    assert perf_counter() - started < SECONDS + 1


async def test_an_endless_interim_answer_costs_no_more_than_the_bytes_allowed(pki: Pki) -> None:
    sent = 0

    async def behave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while not writer.is_closing():
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 40)
            await writer.drain()
            sent += 1000
            await asyncio.sleep(0)

    settings = replace(settings_for(pki.ca), total_seconds=30.0, answer_bytes=20_001)
    started = perf_counter()
    async with recipient(pki.server, behave) as one:
        assert await attempt(one, pki.ca, settings=settings) is PushOutcome.FAILED
    assert perf_counter() - started < 5
    assert sent < 20_000_000  # what the buffers of both ends took before it noticed


@pytest.mark.parametrize("pause", [0.0, 0.05])
async def test_a_2xx_counts_at_its_status_line_whatever_body_follows(
    pki: Pki, pause: float
) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n"
    started = perf_counter()
    async with recipient(pki.server, forever(head, b"z" * 4096, pause)) as one:
        assert await attempt(one, pki.ca) is PushOutcome.DELIVERED
    assert perf_counter() - started < SECONDS


@pytest.mark.parametrize("fault", ["expired", "other-name", "other-ca", "plain"])
async def test_a_server_that_cannot_prove_its_name_gets_nothing(pki: Pki, fault: str) -> None:
    credentials = {
        "expired": make_server(pki.authority, PAST),
        "other-name": make_server(pki.authority, VALID, ["elders.nl"]),
        "other-ca": make_server(pki.foreign, VALID),
    }
    files = pki.write(fault, credentials[fault]) if fault in credentials else None
    heard = False

    async def behave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        heard = True
        writer.write(OK)

    async with recipient(files, behave) as one:
        assert await attempt(one, pki.ca) is PushOutcome.FAILED
    assert not heard


async def test_nobody_at_the_port_is_a_failure(pki: Pki) -> None:
    async with recipient(pki.server, hangs) as one:
        pass
    assert await attempt(one, pki.ca) is PushOutcome.FAILED


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001"])
async def test_without_leave_no_connection_is_made_into_a_private_network(
    pki: Pki, host: str
) -> None:
    settings = replace(settings_for(pki.ca), allow_private=False)
    async with recipient(pki.server, answers(OK)) as one:
        sender = HttpPushSender(settings, MemoryKeyProvider(), Now())
        assert await sender.send(push_to(one, host)) is PushOutcome.FAILED
        assert one.connections == 0
        await sender.aclose()


async def test_one_private_address_among_public_ones_is_enough_to_refuse(pki: Pki) -> None:
    settings = replace(settings_for(pki.ca), allow_private=False)
    async with recipient(pki.server, answers(OK)) as one:
        async with sending(settings, lambda *_: ["8.8.8.8", "127.0.0.1"]) as sender:
            assert await sender.send(push_to(one)) is PushOutcome.FAILED
        assert one.connections == 0


async def test_the_name_is_asked_once_so_it_cannot_be_bound_to_another_address(pki: Pki) -> None:
    asked = []

    def rebinding(host: str, _: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) > 1 else ["203.0.113.1"]

    settings = replace(settings_for(pki.ca), allow_private=False)
    async with recipient(pki.server, answers(OK)) as one:
        async with sending(settings, rebinding) as sender:
            assert await sender.send(push_to(one)) is PushOutcome.FAILED
        assert asked == ["localhost"]
        assert one.connections == 0


async def test_the_next_address_is_tried_when_the_first_does_not_answer(pki: Pki) -> None:
    settings, addresses = settings_for(pki.ca), ["127.0.0.9", "127.0.0.1"]
    async with recipient(pki.server, answers(OK)) as one:
        async with sending(settings, lambda *_: addresses) as sender:
            assert await sender.send(push_to(one)) is PushOutcome.DELIVERED
        assert one.connections == 1


async def test_a_resolver_that_hangs_ends_in_time(pki: Pki) -> None:
    released = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hanging(*_: object) -> list[str]:
        asyncio.run_coroutine_threadsafe(released.wait(), loop).result(10)
        return []

    async with sending(settings_for(pki.ca), hanging) as sender:
        one = Recipient(hangs, port=1)
        assert await sender.send(push_to(one)) is PushOutcome.FAILED
        released.set()


async def test_a_slow_recipient_is_not_called_more_often_at_once_than_it_has_slots(
    pki: Pki,
) -> None:
    settings = replace(settings_for(pki.ca), slots=2)
    async with recipient(pki.server, hangs) as slow, recipient(pki.server, answers(OK)) as good:
        async with sending(settings) as sender:
            other = replace(push_to(good), recipient=Oin("00000099000005990000"))
            started = perf_counter()
            waiting = [asyncio.create_task(sender.send(push_to(slow))) for _ in range(6)]
            await asyncio.sleep(0.1)
            assert await sender.send(other) is PushOutcome.DELIVERED
            assert perf_counter() - started < SECONDS
            assert set(await asyncio.gather(*waiting)) == {PushOutcome.FAILED}
            assert perf_counter() - started < SECONDS + 0.5
        assert slow.at_once <= 2


async def test_a_cancelled_attempt_stays_cancelled(pki: Pki) -> None:
    async with recipient(pki.server, hangs) as one, sending(settings_for(pki.ca)) as sender:
        task = asyncio.create_task(sender.send(push_to(one)))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_an_attempt_given_up_in_the_handshake_leaves_no_connection(pki: Pki) -> None:
    gone = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # a hello, and then the end: it never answers
        gone.set()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    one = Recipient(hangs, port=server.sockets[0].getsockname()[1])
    async with server, sending(replace(settings_for(pki.ca), total_seconds=60.0)) as sender:
        task = asyncio.create_task(sender.send(push_to(one)))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as given_up:
            await task
        await asyncio.wait_for(gone.wait(), 5)
        assert given_up.type is asyncio.CancelledError  # held: only our own closing ended it


async def test_a_ca_that_is_replaced_counts_at_the_next_attempt(pki: Pki, tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_bytes(pki.foreign.certificate)
    async with recipient(pki.server, answers(OK)) as one, sending(settings_for(ca)) as sender:
        assert await sender.send(push_to(one)) is PushOutcome.FAILED
        (tmp_path / "new.pem").write_bytes(pki.authority.certificate)
        (tmp_path / "new.pem").replace(ca)
        assert await sender.send(push_to(one)) is PushOutcome.DELIVERED
        ca.write_text("half a file")  # what is being written is not believed, nor does it stop us
        assert await sender.send(push_to(one)) is PushOutcome.DELIVERED
