"""The machine's clock is aware, its ids only go up, and a fork does not repeat them."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from adapters.system import SystemClock, SystemIds
from exchange.ports import Clock, Ids

CLOCK: Clock = SystemClock()
IDS: Ids = SystemIds()


def test_the_clock_gives_the_present_in_utc() -> None:
    assert CLOCK.now().tzinfo is UTC
    assert abs(CLOCK.now() - datetime.now(UTC)) < timedelta(seconds=1)


def test_ids_are_uuid7_of_this_moment_and_each_is_above_the_last() -> None:
    made = [IDS.uuid7() for _ in range(10_000)]
    assert all(one < next_one for one, next_one in pairwise(made))
    assert all(one.version == 7 for one in made)
    moment = datetime.fromtimestamp((made[-1].int >> 80) / 1000, UTC)
    assert abs(moment - datetime.now(UTC)) < timedelta(seconds=1)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_makes_ids_of_its_own() -> None:
    IDS.uuid7()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, IDS.uuid7().bytes)
        os._exit(0)
    os.waitpid(child, 0)
    theirs = UUID(bytes=os.read(read, 16))
    os.close(read)
    os.close(write)
    assert theirs.int & (1 << 62) - 1 != IDS.uuid7().int & (1 << 62) - 1


def test_random_bytes_are_as_many_as_asked_and_never_the_same() -> None:
    assert len(IDS.random(16)) == 16
    assert len({IDS.random(16) for _ in range(100)}) == 100
