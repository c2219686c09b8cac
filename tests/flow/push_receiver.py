"""A recipient's push endpoint over HTTPS: it keeps what it heard and can have something happen."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

CONNECTED = "connected"
HEARD = "heard"
ANSWERED = "answered"

Happening = Callable[[str], Awaitable[None]]
_OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class PushReceiver:
    """Answers every notice with 200. ``heard`` holds the ids in order of arrival."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._once: dict[str, Happening] = {}

    def once(self, moment: str, happening: Happening) -> None:
        """Let ``happening`` take place at the next ``moment``; it is given the id, if known."""
        self._once[moment] = happening

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one notice on one connection."""
        with suppress(OSError, asyncio.IncompleteReadError):
            await self._at(CONNECTED, "")
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.partition(b":")[2])
                for line in head.splitlines()
                if line.lower().startswith(b"content-length:")
            )
            bericht_id = json.loads(await reader.readexactly(length))["berichtId"]
            self.heard.append(bericht_id)
            await self._at(HEARD, bericht_id)
            writer.write(_OK)
            await writer.drain()
            await self._at(ANSWERED, bericht_id)
        with suppress(OSError):
            writer.close()
            await writer.wait_closed()

    async def _at(self, moment: str, bericht_id: str) -> None:
        if happening := self._once.pop(moment, None):
            await happening(bericht_id)


@asynccontextmanager
async def listening(receiver: PushReceiver, pki: Path, port: int) -> AsyncIterator[None]:
    """Listen with the server's certificate from ``pki``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "server.pem", pki / "server.key")
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", port, ssl=context)
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()
