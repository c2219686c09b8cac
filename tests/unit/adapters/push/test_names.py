"""A name server that does not answer holds up its own name, nobody else's, and no exit."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from threading import Event

import pytest

from adapters.push.names import Names, system_resolve


class NameServers:
    """One name server answers at once, the others only when told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answering = Event()

    def resolve(self, host: str, _: int) -> Sequence[str]:
        """Give the address of ``host``."""
        self.asked.append(host)
        if host != "good.example":
            self.answering.wait(30)
        return ["198.51.100.1"]


async def test_hundreds_of_names_that_hang_delay_no_other_name() -> None:
    servers = NameServers()
    names = Names(servers.resolve)
    hanging = [asyncio.create_task(names.addresses(f"h{n}.example", 443)) for n in range(300)]
    await asyncio.sleep(0)
    assert await names.addresses("good.example", 443) == ["198.51.100.1"]
    assert not any(task.done() for task in hanging)  # held: these still hang
    servers.answering.set()
    assert len(await asyncio.gather(*hanging)) == 300


async def test_a_name_that_hangs_is_asked_once_however_often_it_is_wanted() -> None:
    servers = NameServers()
    names = Names(servers.resolve)
    for _ in range(5):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(names.addresses("slow.example", 443), 0.01)
    waiting = asyncio.create_task(names.addresses("slow.example", 443))
    await asyncio.sleep(0)
    servers.answering.set()
    assert await waiting == ["198.51.100.1"]
    assert servers.asked == ["slow.example"]


async def test_an_answer_is_not_remembered() -> None:
    servers = NameServers()
    names = Names(servers.resolve)
    for _ in range(2):
        await names.addresses("good.example", 443)
    assert servers.asked == ["good.example"] * 2


async def test_a_name_without_an_address_says_no_more_than_that() -> None:
    def nowhere(host: str, _: int) -> Sequence[str]:
        raise UnicodeError(f"no such name {host}")

    names = Names(nowhere)
    for _ in range(2):
        with pytest.raises(OSError, match="UnicodeError") as failed:
            await names.addresses("secret.example", 443)
        assert "secret" not in str(failed.value)


def test_the_system_knows_this_machine() -> None:
    assert "127.0.0.1" in system_resolve("127.0.0.1", 443)


_LEAVING = """
import asyncio
from threading import Event
from adapters.push.names import Names

async def main():
    names = Names(lambda *_: Event().wait() and [])
    asking = asyncio.create_task(names.addresses("never.example", 443))
    await asyncio.sleep(0.05)
    asking.cancel()

asyncio.run(main())
print("left")
"""


def test_a_process_does_not_wait_for_a_name_when_it_ends() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _LEAVING], capture_output=True, text=True, timeout=30, check=True
    )
    assert ended.stdout == "left\n"
