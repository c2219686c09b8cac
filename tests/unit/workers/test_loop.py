"""The loop of every worker ends when it is asked to."""

from __future__ import annotations

import asyncio

from exchange.workers.loop import turn


async def test_a_stop_that_comes_with_a_call_is_a_stop() -> None:
    called = asyncio.Event()

    async def nothing() -> int:
        return 0

    task = asyncio.create_task(turn("test", nothing, 60, called))
    await asyncio.sleep(0.01)
    called.set()
    await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=5)
    task.cancel()
    assert done
