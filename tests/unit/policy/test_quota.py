"""A quota: all that fits in a window, nothing of what does not, and how long to wait for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from exchange.errors import Code, Refused
from exchange.policy.quota import Quota, Standing, Window, standing, take

QUOTA = Quota("verzoeken", 10, 60)
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    """Give the moment so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def test_the_last_of_a_quota_is_given_and_one_more_is_not() -> None:
    window = take(QUOTA, Window(NOON, 9), 1, after(59))
    assert window == Window(NOON, 10)
    with pytest.raises(Refused) as refused:
        take(QUOTA, window, 1, after(59))
    assert refused.value.code is Code.TE_VEEL_VERZOEKEN
    assert refused.value.facts == {"wacht": "1"}


def test_the_first_use_opens_a_window_and_its_end_the_next() -> None:
    assert take(QUOTA, None, 3, NOON) == Window(NOON, 3)
    assert take(QUOTA, Window(NOON, 10), 3, after(60)) == Window(after(60), 3)


def test_what_does_not_fit_in_what_is_left_is_refused_whole() -> None:
    with pytest.raises(Refused) as refused:
        take(QUOTA, Window(NOON, 5), 6, after(0.5))
    assert refused.value.facts == {"wacht": "60"}


def test_who_waits_as_long_as_was_said_is_let_in() -> None:
    with pytest.raises(Refused) as refused:
        take(QUOTA, Window(NOON, 10), 1, after(12.3))
    wait = int(refused.value.facts["wacht"])
    assert take(QUOTA, Window(NOON, 10), 1, after(12.3 + wait)).used == 1


def test_a_clock_that_was_set_back_keeps_nobody_out() -> None:
    assert take(QUOTA, Window(NOON, 10), 1, after(-3600)) == Window(after(-3600), 1)


def test_a_standing_says_what_is_left_and_when_it_is_whole_again() -> None:
    assert standing(QUOTA, None, NOON) == Standing(QUOTA, 10, None)
    assert standing(QUOTA, Window(NOON, 4), after(0.1)) == Standing(QUOTA, 6, 60)
    assert standing(QUOTA, Window(NOON, 10), after(59.9)) == Standing(QUOTA, 0, 1)
    assert standing(QUOTA, Window(NOON, 10), after(60)) == Standing(QUOTA, 10, None)
