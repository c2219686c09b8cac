"""When a notice that failed is tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from exchange.policy.retries import SCHEDULE, next_attempt
from tests.pure import NOW

WAITS = [0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600]


def test_the_schedule_is_that_of_the_design() -> None:
    assert [wait.total_seconds() for wait in SCHEDULE] == WAITS


@pytest.mark.parametrize("made", range(len(WAITS)))
@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_jitter_lengthens_a_wait_by_at_most_a_tenth(made: int, jitter: float) -> None:
    wait = timedelta(seconds=WAITS[made])
    assert next_attempt(made, NOW, jitter) == NOW + wait * (1 + jitter / 10)


@pytest.mark.parametrize("made", [len(WAITS), len(WAITS) + 1, 1000])
def test_after_the_last_attempt_it_is_given_up(made: int) -> None:
    assert next_attempt(made, NOW, 0.5) is None
