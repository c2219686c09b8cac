"""How much one party may use within a window, and what is left of it."""

from __future__ import annotations

import math
from datetime import datetime

from exchange.errors import Code, Refused
from exchange.values import Value


class Quota(Value, frozen=True):
    """At most ``most`` within a window of ``seconds``; ``name`` is how a caller knows it."""

    name: str
    most: int
    seconds: int = 60


class Window(Value, frozen=True):
    """A window that the first use opened, and how much was used in it."""

    opened_at: datetime
    used: int


class Standing(Value, frozen=True):
    """What is left of a quota; ``seconds`` until it is whole again, None when it is whole."""

    quota: Quota
    left: int
    seconds: int | None


def take(quota: Quota, window: Window | None, amount: int, now: datetime) -> Window:
    """Use ``amount`` of a quota and give the window as it then is; all of it, or nothing.

    The windows of one party never overlap, and in each it uses ``most`` at most. Raises
    ``te-veel-verzoeken`` with the seconds (``wacht``) after which a new window opens.
    """
    current = _still_open(quota, window, now) or Window(now, 0)
    if current.used + amount > quota.most:
        raise Refused(Code.TE_VEEL_VERZOEKEN, wacht=str(_seconds_left(quota, current, now)))
    return Window(current.opened_at, current.used + amount)


def standing(quota: Quota, window: Window | None, now: datetime) -> Standing:
    """Say what is left of a quota."""
    current = _still_open(quota, window, now)
    if current is None:
        return Standing(quota, quota.most, None)
    return Standing(quota, quota.most - current.used, _seconds_left(quota, current, now))


def _still_open(quota: Quota, window: Window | None, now: datetime) -> Window | None:
    """A clock that was set back closes the window: nobody waits for an hour to come again."""
    if window and 0 <= (now - window.opened_at).total_seconds() < quota.seconds:
        return window
    return None


def _seconds_left(quota: Quota, window: Window, now: datetime) -> int:
    """Whole seconds, rounded up: who waits that long finds a new window."""
    return math.ceil(quota.seconds - (now - window.opened_at).total_seconds())
