"""Holds connections half open: each has done its handshake and never ends the head of its request.

``python -m tests.bench.half_open PORT CA COUNT`` says "holding" when all stand, drips a field into
each once a second, and opens again what was cut off, until its input ends.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from contextlib import suppress

_SOURCES = 4
_DRIP_SECONDS = 1.0
_BEGIN = b"POST /v1/signalen HTTP/1.1\r\nHost: localhost\r\n"


async def hold(port: int, ca: str, count: int) -> None:
    """Hold them until standard input ends."""
    context = ssl.create_default_context(cafile=ca)
    standing = [asyncio.Event() for _ in range(count)]
    holders = [
        asyncio.create_task(_keep_one(port, context, f"127.0.0.{2 + n % _SOURCES}", stands))
        for n, stands in enumerate(standing)
    ]
    for stands in standing:
        await stands.wait()
    sys.stdout.write("holding\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    for holder in holders:
        holder.cancel()
    await asyncio.gather(*holders, return_exceptions=True)


async def _keep_one(port: int, context: ssl.SSLContext, source: str, stands: asyncio.Event) -> None:
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(
                "127.0.0.1",
                port,
                ssl=context,
                server_hostname="localhost",
                local_addr=(source, 0),
            )
            writer.write(_BEGIN)
            stands.set()
            while not writer.is_closing():
                await asyncio.sleep(_DRIP_SECONDS)
                writer.write(b"A: b\r\n")
                await writer.drain()
        await asyncio.sleep(_DRIP_SECONDS)


if __name__ == "__main__":
    asyncio.run(hold(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
