"""The books of one gateway process: what each party has used of its quotas (ADR 0012)."""

from __future__ import annotations

from datetime import datetime

from exchange.messages.identifiers import Oin
from exchange.policy.quota import Quota, Standing, Window, standing, take


class Quotas:
    """Counts requests and lines per party, in memory; there is an entry per registered party."""

    def __init__(self, requests_per_minute: int, lines_per_minute: int) -> None:
        """Open empty books."""
        self._requests = _Book(Quota("verzoeken", requests_per_minute))
        self._lines = _Book(Quota("regels", lines_per_minute))

    def take_request(self, party: Oin, now: datetime) -> None:
        """Count one request; raises ``te-veel-verzoeken`` when it is one too many."""
        self._requests.take(party, 1, now)

    def take_lines(self, party: Oin, lines: int, now: datetime) -> None:
        """Count the lines of a delivery; raises ``te-veel-verzoeken`` when they do not all fit."""
        self._lines.take(party, lines, now)

    def standing(self, party: Oin, now: datetime) -> tuple[Standing, ...]:
        """Say what a party has left of each quota."""
        return self._requests.standing(party, now), self._lines.standing(party, now)


class _Book:
    """What each party has used of one quota."""

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._windows: dict[Oin, Window] = {}

    def take(self, party: Oin, amount: int, now: datetime) -> None:
        self._windows[party] = take(self._quota, self._windows.get(party), amount, now)

    def standing(self, party: Oin, now: datetime) -> Standing:
        return standing(self._quota, self._windows.get(party), now)
