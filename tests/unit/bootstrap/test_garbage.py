"""What was built at start is never walked again."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from exchange.bootstrap.garbage import settle


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_all_that_there_is_when_a_process_is_ready_is_set_aside() -> None:
    built = [[number] for number in range(1000)]
    settle()
    assert gc.get_freeze_count() > len(built)
    assert not any(one is built for one in gc.get_objects())


def test_a_few_requests_do_not_set_the_collector_off() -> None:
    settle()
    before = gc.get_stats()[0]["collections"]
    kept = [[number] for number in range(10_000)]
    assert kept
    assert gc.get_stats()[0]["collections"] == before
