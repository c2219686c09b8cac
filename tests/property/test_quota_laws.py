"""Whatever is asked and whenever: no window holds more than its quota, and waiting helps."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from exchange.errors import Refused
from exchange.policy.quota import Quota, Window, standing, take

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
quotas = st.builds(Quota, st.just("regels"), st.integers(1, 50), st.integers(1, 60))
asked = st.lists(st.tuples(st.floats(0, 45), st.integers(0, 60)), max_size=60)
"""Seconds since the one before, and how much."""

Use = tuple[datetime, int]


def used(quota: Quota, asked: Sequence[tuple[float, int]]) -> list[Use]:
    """Ask all of it in turn; give what was let through, and when."""
    window: Window | None = None
    now, given_out = NOON, []
    for pause, amount in asked:
        now += timedelta(seconds=pause)
        with suppress(Refused):
            window = take(quota, window, amount, now)
            given_out.append((now, amount))
    return given_out


def windows(quota: Quota, uses: Sequence[Use]) -> list[list[Use]]:
    """Part uses by the definition: a window opens with a use, and the next after its seconds."""
    parted: list[list[Use]] = []
    for use in uses:
        if not parted or (use[0] - parted[-1][0][0]).total_seconds() >= quota.seconds:
            parted.append([])
        parted[-1].append(use)
    return parted


def within(quota: Quota, uses: Sequence[Use], start: datetime) -> int:
    """Count what was used in the seconds of a window from ``start``."""
    inside = (a for at, a in uses if 0 <= (at - start).total_seconds() < quota.seconds)
    return sum(inside)


@given(quotas, asked)
def test_no_window_ever_holds_more_than_its_quota(
    quota: Quota, asked: list[tuple[float, int]]
) -> None:
    for uses in windows(quota, used(quota, asked)):
        assert sum(amount for _, amount in uses) <= quota.most


@given(quotas, asked)
def test_no_stretch_as_long_as_a_window_holds_more_than_two_quotas(
    quota: Quota, asked: list[tuple[float, int]]
) -> None:
    uses = used(quota, asked)
    assert all(within(quota, uses, at) <= 2 * quota.most for at, _ in uses)


@given(quotas, asked)
def test_a_party_that_stays_below_its_quota_in_every_stretch_is_never_refused(
    quota: Quota, asked: list[tuple[float, int]]
) -> None:
    uses: list[Use] = []
    now, window = NOON, None
    for pause, amount in asked:
        now += timedelta(seconds=pause)
        recent = sum(a for at, a in uses if (now - at).total_seconds() < quota.seconds)
        if recent + amount <= quota.most:
            window = take(quota, window, amount, now)
            uses.append((now, amount))


@given(quotas, st.integers(0, 50), st.floats(0, 59), st.integers(1, 50))
def test_what_is_refused_fits_after_the_wait_if_it_ever_can(
    quota: Quota, before: int, seconds: float, amount: int
) -> None:
    window, now = Window(NOON, min(before, quota.most)), NOON + timedelta(seconds=seconds)
    try:
        take(quota, window, amount, now)
    except Refused as refused:
        wait = int(refused.facts["wacht"])
        assert 1 <= wait <= quota.seconds
        again = now + timedelta(seconds=wait)
        if amount <= quota.most:
            assert take(quota, window, amount, again).used == amount
    else:
        assert standing(quota, take(quota, window, amount, now), now).left >= 0


@given(quotas, asked)
def test_what_is_left_is_exactly_what_will_be_given(
    quota: Quota, asked: list[tuple[float, int]]
) -> None:
    window, now = None, NOON
    for pause, amount in asked:
        now += timedelta(seconds=pause)
        left = standing(quota, window, now).left
        try:
            window = take(quota, window, amount, now)
        except Refused:
            assert amount > left
        else:
            assert amount <= left
