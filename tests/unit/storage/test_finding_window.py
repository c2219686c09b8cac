"""The days of a window are the legal days, whole but for its two ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from exchange.bootstrap.law import open_finding_rules
from exchange.storage.finding_window import Window


def window(since: datetime, days: float) -> Window:
    rules = open_finding_rules().on(since.date())
    return Window(since, since + timedelta(days=days), "x", None, rules, ())


@pytest.mark.parametrize(
    ("since", "days"),
    [
        (datetime(2026, 11, 18, 10, tzinfo=UTC), 30),
        (datetime(2026, 10, 20, 22, 59, 59, tzinfo=UTC), 10),  # winter time begins in it
        (datetime(2027, 3, 25, 23, tzinfo=UTC), 7),  # and summer time in this one
        (datetime(2026, 11, 18, 23, tzinfo=UTC), 0.01),
    ],
)
def test_days_follow_each_other_without_gap_or_overlap(since: datetime, days: float) -> None:
    asked = window(since, days)
    listed = asked.days()
    assert (listed[0].begins, listed[-1].ends) == (asked.since, asked.until)
    for day, following in pairwise(listed):
        assert day.ends == following.begins
        assert (following.day - day.day).days == 1


def test_usual_hours_follow_the_clock_of_amsterdam() -> None:
    hours = {
        day.day.isoformat(): (day.opens.astimezone(UTC).hour, day.closes.astimezone(UTC).hour)
        for day in window(datetime(2026, 10, 22, 12, tzinfo=UTC), 6).days()
        if day.opens < day.closes
    }
    assert hours == {
        "2026-10-22": (5, 18), "2026-10-23": (5, 18), "2026-10-26": (6, 19), "2026-10-27": (6, 19),
        "2026-10-28": (6, 19),
    }  # fmt: skip


def test_a_floor_lies_below_every_id_of_its_moment() -> None:
    since = datetime(2026, 11, 18, 10, tzinfo=UTC)
    floor = window(since, 1).floor(since)
    least = int((since - timedelta(hours=1)).timestamp() * 1000)
    assert floor.int >> 80 == least
    assert floor.int & ((1 << 80) - 1) == 0
