"""A recipient's push endpoint: answers every notice with 200 and knows how fast they came.

``python -m tests.bench.speed.hook PORT PKI`` answers each line on standard input with a line of
JSON about what came since it was last told ``forget``.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
import threading
import time
from pathlib import Path
from typing import Any

import uvloop

_LENGTH = b"content-length: "
_OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Heard:
    """What came, in the order in which it came."""

    def __init__(self) -> None:
        self.moments: list[float] = []
        self.bodies: set[bytes] = set()

    def note(self, body: bytes) -> None:
        """Book one notice."""
        self.moments.append(time.perf_counter())
        self.bodies.add(body)

    def forget(self) -> None:
        """Begin anew."""
        self.moments.clear()
        self.bodies.clear()

    def as_json(self) -> dict[str, float]:
        """Give the counts, and the rate over the middle eight tenths."""
        count = len(self.moments)
        first, last = count // 10, count - count // 10 - 1
        took = self.moments[last] - self.moments[first] if last > first else 0.0
        rate = (last - first) / took if took else 0.0
        return {"count": count, "distinct": len(self.bodies), "rate": rate}


class Hook(asyncio.Protocol):
    """One connection, kept as long as the sender likes."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._got = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self._got += data
        while (end := self._got.find(b"\r\n\r\n")) >= 0:
            head = self._got[:end].lower() + b"\r\n"
            place = head.index(_LENGTH) + len(_LENGTH)
            whole = end + 4 + int(head[place : head.index(b"\r", place)])
            if len(self._got) < whole:
                return
            self._heard.note(self._got[end + 4 : whole])
            self._got = self._got[whole:]
            self._transport.write(_OK)
            if b"\r\nconnection: close\r\n" in head:
                self._transport.close()


async def _listen(port: int, pki: Path) -> None:
    heard, loop, gone = Heard(), asyncio.get_running_loop(), asyncio.Event()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "server.pem", pki / "server.key")
    await loop.create_server(lambda: Hook(heard), "localhost", port, ssl=context)

    def told(line: bytes) -> None:
        if line == b"forget\n":
            heard.forget()
        sys.stdout.write(json.dumps(heard.as_json()) + "\n")
        sys.stdout.flush()

    def watch() -> None:
        while line := os.read(0, 64):
            loop.call_soon_threadsafe(told, line)
        loop.call_soon_threadsafe(gone.set)

    threading.Thread(target=watch, daemon=True).start()
    await gone.wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_listen(int(sys.argv[1]), Path(sys.argv[2])))
