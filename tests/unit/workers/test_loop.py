"""The loop of every worker ends when it is asked to."""

from __future__ import annotations

import asyncio

import pytest

from exchange.errors import Code, Fault, Unavailable
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


@pytest.mark.parametrize(
    "wrong",
    [KeyError("anything"), Fault("of-our-own"), Unavailable(Code.DIENST_ONBESCHIKBAAR)],
    ids=lambda wrong: type(wrong).__name__,
)
async def test_nothing_that_goes_wrong_ends_a_loop(
    wrong: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.workers.loop._RECOVERY_SECONDS", 0.0)
    turned = asyncio.Event()
    looks = iter([wrong, wrong])

    async def work() -> int:
        for error in looks:
            raise error
        turned.set()
        return 0

    task = asyncio.create_task(turn("test", work, 60, asyncio.Event()))
    async with asyncio.timeout(5):
        await turned.wait()
    task.cancel()
