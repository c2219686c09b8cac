"""When a notice that failed is tried again, and when we stop trying and say so."""

from __future__ import annotations

from datetime import datetime, timedelta

SCHEDULE = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
"""The wait before each attempt (design, the way out)."""


def next_attempt(made: int, now: datetime, jitter: float) -> datetime | None:
    """Give when to try again after ``made`` failed attempts, or None: given up, and visible.

    ``jitter`` (0 to 1, drawn by the caller) lengthens the wait by at most a tenth, so that many
    recipients that failed together do not come back together.
    """
    if made >= len(SCHEDULE):
        return None
    wait = SCHEDULE[made]
    return now + wait + wait * jitter / 10
