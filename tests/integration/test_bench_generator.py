"""The load generator of the bench against a server that answers as it is told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench.speed.generator import carried_out
from tests.bench.speed.jobs import Job, Sent, Target, write_requests

_BERICHT = b"01a10000-0000-7000-8000-000000000001"
_ACCEPTED = b'{"berichtId": "%s"}' % _BERICHT


class Server:
    """Accepts signalen; of a mailbox it says once that nothing is there."""

    def __init__(self, status: bytes = b"202 Accepted") -> None:
        self.status = status
        self.heard: Counter[bytes] = Counter()
        self.bodies: set[bytes] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer every request of one connection."""
        while head := await _head(reader):
            self.heard[head.split()[0]] += 1
            if head.startswith(b"HEAD "):
                missing = self.heard[b"HEAD"] == 1
                writer.write(b"HTTP/1.1 %s\r\n" % (b"404 Not Found" if missing else b"200 OK"))
                writer.write(b"content-length: 999\r\n\r\n")
                continue
            self.bodies.add(await reader.readexactly(_length(head)))
            writer.write(b"HTTP/1.1 %s\r\ncontent-length: " % self.status)
            writer.write(b"%d\r\n\r\n%s" % (len(_ACCEPTED), _ACCEPTED))
        writer.close()


async def test_each_request_is_sent_once_and_its_answer_counted(tmp_path: Path) -> None:
    server = Server()
    sent = await _sent(tmp_path, server, count=50)
    assert (sent.answered, sent.accepted, sent.statuses) == (50, 50, {"202": 50})
    assert server.bodies == {b"%d" % n for n in range(50)}
    assert len((tmp_path / "answers").read_bytes().splitlines()) == 50


async def test_what_is_refused_is_no_acceptance_and_says_why(tmp_path: Path) -> None:
    sent = await _sent(tmp_path, Server(b"503 Service Unavailable"), count=5)
    assert (sent.answered, sent.accepted, sent.statuses) == (5, 0, {"503": 5})
    assert sent.complaint == _ACCEPTED.decode()


async def test_what_follows_looks_until_the_message_is_there(tmp_path: Path) -> None:
    server = Server()
    sent = await _sent(tmp_path, server, count=20, rate=200.0, follow=":aaaa:")
    assert (sent.accepted, server.heard) == (20, {b"POST": 20, b"HEAD": 21})
    assert sent.seen is not None
    assert sent.found is not None
    assert sent.seen.p50 >= sent.spread.p50
    assert sent.seen.largest >= sent.found.largest


async def _sent(
    folder: Path, server: Server, count: int, rate: float | None = None, follow: str | None = None
) -> Sent:
    path, requests = folder / "socket", folder / "requests"
    form = b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n%d"
    write_requests(requests, (form % (len(b"%d" % n), n) for n in range(count)))
    seconds = count / rate if rate else 60.0
    job = Job(Target(path), requests, 4, seconds, rate, answers=folder / "answers", follow=follow)
    async with _listening(server, path):
        return await carried_out(job)


@asynccontextmanager
async def _listening(server: Server, path: Path) -> AsyncIterator[None]:
    listening = await asyncio.start_unix_server(server.serve, path)
    try:
        yield
    finally:
        listening.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


def _length(head: bytes) -> int:
    return int(head.rpartition(b"content-length: ")[2])
