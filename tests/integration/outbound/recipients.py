"""Recipients with a real socket: good ones, and every kind of bad one that we could think of."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Behave = Callable[["Recipient", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@dataclass
class Recipient:
    """One server. ``open`` calls have not ended yet; ``heard`` are the notices it took in whole."""

    behave: Behave
    port: int = 0
    calls: int = 0
    open: int = 0
    most: int = 0
    heard: list[bytes] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Where it takes notices."""
        return f"https://localhost:{self.port}/hook"

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that this server sees is so."""
        while not condition():
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 30)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one call, whatever becomes of it."""
        self.calls += 1
        self.open += 1
        self.most = max(self.most, self.open)
        self.changed.set()
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await self.behave(self, reader, writer)
                await writer.drain()
        finally:
            self.open -= 1
            self.changed.set()
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def listening(behave: Behave, tls: ssl.SSLContext | None) -> AsyncIterator[Recipient]:
    """Listen on the loopback address; without ``tls`` a caller's hello is never answered."""
    one = Recipient(behave)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0, ssl=tls, backlog=4096)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        one.go_on.set()
        server.close()


async def _notice(one: Recipient, reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.splitlines()
        if line.lower().startswith(b"content-length:")
    )
    body = await reader.readexactly(length)
    one.heard.append(body)
    return head


async def good(one: Recipient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer 200."""
    await _notice(one, reader)
    writer.write(OK)


async def slow(one: Recipient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer 200 when told to, if the caller is still there."""
    await _notice(one, reader)
    told, gone = asyncio.create_task(one.go_on.wait()), asyncio.create_task(reader.read())
    _, waiting = await asyncio.wait((told, gone), return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    if told in waiting:
        return
    writer.write(OK)


async def silent(_: Recipient, reader: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    """Read, and say nothing: without TLS this is a handshake that hangs."""
    while await reader.read(65536):
        pass


async def drips(one: Recipient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a header that never ends, a byte at a time."""
    await _notice(one, reader)
    writer.write(b"HTTP/1.1 200 OK\r\nx: ")
    while not writer.is_closing():
        writer.write(b"y")
        await writer.drain()
        await asyncio.sleep(0.05)


async def floods(
    one: Recipient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Send ten gigabytes of header, as fast as they are taken."""
    await _notice(one, reader)
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(10_000):
        writer.write(b"x: " + b"y" * (1 << 20) + b"\r\n")
        await writer.drain()


async def endless(
    one: Recipient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Say 500, and then ten gigabytes."""
    await _notice(one, reader)
    writer.write(b"HTTP/1.1 500 Oh\r\ncontent-length: 10000000000\r\n\r\n")
    for _ in range(10_000):
        writer.write(b"z" * (1 << 20))
        await writer.drain()


async def refuses(_: Recipient, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hang up with a reset."""
    end: socket.socket = writer.get_extra_info("socket")
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def garbage(
    one: Recipient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Speak another protocol."""
    await _notice(one, reader)
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\x00\xff\x00")


def redirects(elsewhere: str, status: bytes = b"307 Temporary Redirect") -> Behave:
    """Point at another address, in every header that ever pointed anywhere."""

    async def behave(
        one: Recipient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await _notice(one, reader)
        to = elsewhere.encode()
        writer.write(
            b"HTTP/1.1 " + status + b"\r\nlocation: " + to + b"\r\nrefresh: 0; url=" + to
            + b'\r\nalt-svc: h2="' + to + b'"\r\nlink: <' + to + b'>; rel="next"'
            + b"\r\ncontent-location: " + to + b"\r\nset-cookie: a=b"
            + b"\r\ncontent-length: 0\r\n\r\n"
        )  # fmt: skip

    return behave
