"""A connection serves a few notices while the check of its address is fresh, and no other."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.push.sender import HttpPushSender, PushSettings
from exchange.messages.identifiers import Oin
from exchange.ports import Push, PushOutcome
from tests.unit.adapters.identity.loopback import Pki
from tests.unit.adapters.push.test_hostile_recipients import sending

EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
SHORT = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """A CA that signed the certificate of the recipient."""
    return Pki(tmp_path_factory.mktemp("pki"))


@dataclass
class Recipient:
    """A server that keeps its connections, and counts them; ``hear`` notices on each at most."""

    answer: bytes = EMPTY
    hear: int = 1000
    port: int = 0
    connections: int = 0
    heard: list[bytes] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(OSError, asyncio.IncompleteReadError):
            for _ in range(self.hear):
                await self._take(reader)
                writer.write(self.answer)
                await writer.drain()
        writer.close()
        self.closed.set()

    async def _take(self, reader: asyncio.StreamReader) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        self.heard.append(await reader.readexactly(int(length)))

    def push(self) -> Push:
        """Give a notice for it."""
        return Push(f"https://localhost:{self.port}/push", Oin("00000099000003610000"), uuid4())


@asynccontextmanager
async def listening(pki: Pki, one: Recipient) -> AsyncIterator[Recipient]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pki.server.cert, pki.server.key)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0, ssl=tls)
    one.port = server.sockets[0].getsockname()[1]
    yield one
    server.close()


def settings(ca: Path, seconds: float = 600.0) -> PushSettings:
    gateway = Oin("00000099000000010000")
    return PushSettings(gateway, allow_private=True, ca=ca, connection_seconds=seconds)


async def deliver(sender: HttpPushSender, one: Recipient, count: int = 1) -> None:
    for _ in range(count):
        assert await sender.send(one.push()) is PushOutcome.DELIVERED


@pytest.mark.parametrize("answer", [EMPTY, SHORT], ids=["empty", "short"])
async def test_the_next_notices_go_over_the_same_connection(pki: Pki, answer: bytes) -> None:
    async with listening(pki, Recipient(answer)) as one, sending(settings(pki.ca)) as sender:
        await deliver(sender, one, 5)
    assert one.connections == 1
    assert len(set(one.heard)) == 5


async def test_the_name_is_asked_for_each_connection_and_an_old_one_is_not_used_again(
    pki: Pki,
) -> None:
    asked = []

    def resolve(host: str, _: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    every = settings(pki.ca, seconds=0.0)
    async with listening(pki, Recipient()) as one, sending(every, resolve) as sender:
        await deliver(sender, one, 3)
    assert one.connections == len(asked) == 3


async def test_a_connection_ends_by_itself_when_its_time_is_over(pki: Pki) -> None:
    async with listening(pki, Recipient()) as one, sending(settings(pki.ca, 0.5)) as sender:
        await deliver(sender, one)
        await asyncio.wait_for(one.closed.wait(), 10)


async def test_one_that_the_server_ended_meanwhile_costs_no_attempt(pki: Pki) -> None:
    async with listening(pki, Recipient(hear=1)) as one, sending(settings(pki.ca)) as sender:
        for _ in range(3):
            await deliver(sender, one)
            await asyncio.wait_for(one.closed.wait(), 10)
            one.closed.clear()
    assert one.connections == 3
    assert len(set(one.heard)) == 3


async def test_a_server_that_hangs_up_on_a_notice_hears_it_once_more_and_no_more(pki: Pki) -> None:
    class Turned(Recipient):
        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._take(reader)
                if self.connections == 1:
                    writer.write(EMPTY)
                    await self._take(reader)  # the second notice: no answer
            writer.close()

    async with listening(pki, Turned()) as one, sending(settings(pki.ca)) as sender:
        await deliver(sender, one)
        assert await sender.send(one.push()) is PushOutcome.FAILED
    assert one.connections == 2
    assert one.heard[1] == one.heard[2]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + b"z" * 100_000,
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nnot all",
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ],
    ids=["long", "late", "close"],
)
async def test_after_an_answer_that_does_not_end_soon_the_connection_does(
    pki: Pki, answer: bytes
) -> None:
    async with listening(pki, Recipient(answer)) as one, sending(settings(pki.ca)) as sender:
        await deliver(sender, one, 2)
    assert one.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        2 * SHORT,
        2 * EMPTY,
        SHORT + b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n",
        SHORT + b"?",
        EMPTY + b"body",
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + SHORT,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ],
    ids=["twice", "empty-twice", "then-another", "then-rubbish", "a-body", "interim", "chunked"],
)
async def test_after_an_answer_and_something_more_the_connection_ends(
    pki: Pki, answer: bytes
) -> None:
    async with listening(pki, Recipient(answer)) as one, sending(settings(pki.ca)) as sender:
        await deliver(sender, one, 2)
    assert one.connections == 2
    assert len(set(one.heard)) == 2


async def test_a_failure_ends_its_connection(pki: Pki) -> None:
    refusal = b"HTTP/1.1 503 Oh\r\ncontent-length: 0\r\n\r\n"
    async with listening(pki, Recipient(refusal)) as one, sending(settings(pki.ca)) as sender:
        for _ in range(2):
            assert await sender.send(one.push()) is PushOutcome.FAILED
    assert one.connections == 2


async def test_whom_we_no_longer_trust_is_not_reached_by_an_older_connection(
    pki: Pki, tmp_path: Path
) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_bytes(pki.authority.certificate)
    async with listening(pki, Recipient()) as one, sending(settings(ca)) as sender:
        await deliver(sender, one)
        (tmp_path / "new.pem").write_bytes(pki.foreign.certificate)
        (tmp_path / "new.pem").replace(ca)
        assert await sender.send(one.push()) is PushOutcome.FAILED
    assert len(one.heard) == 1


async def test_each_answer_has_a_ration_of_its_own(pki: Pki) -> None:
    large = b"HTTP/1.1 200 OK\r\nx: " + b"y" * 20_000 + b"\r\ncontent-length: 0\r\n\r\n"
    async with listening(pki, Recipient(large)) as one, sending(settings(pki.ca)) as sender:
        await deliver(sender, one, 6)
    assert one.connections == 1
