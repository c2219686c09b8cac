"""Pushes without us: one shared httpx client, so many under way, the same event to the same hook.

``python -m tests.bench.speed.bare_pushes PORT CA COUNT UNDER_WAY`` prints its own CPU seconds.
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
import sys
import time
from uuid import uuid4

import httpx
import uvloop

_HEADERS = {
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-source": "urn:nld:oin:00000099000000001000:systeem:verzuim-exchange",
    "ce-type": "nl.verzuim.bericht.beschikbaar",
    "ce-time": "2026-11-22T12:00:00.000Z",
}


async def _push(port: int, ca: str, count: int, under_way: int) -> float:
    turns = itertools.count()
    async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=ca)) as client:

        async def keep_pushing() -> None:
            while next(turns) < count:
                event = str(uuid4())
                answer = await client.post(
                    f"https://localhost:{port}/hook",
                    json={"berichtId": event},
                    headers={**_HEADERS, "ce-id": event},
                )
                answer.raise_for_status()

        begun = time.process_time()
        await asyncio.gather(*(keep_pushing() for _ in range(under_way)))
        return time.process_time() - begun


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        port, ca, count, under_way = sys.argv[1:]
        seconds = runner.run(_push(int(port), ca, int(count), int(under_way)))
    sys.stdout.write(str(seconds))
