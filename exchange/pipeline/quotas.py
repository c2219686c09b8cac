"""The books of one gateway process: what each party has used of its quotas (ADR 0012)."""

from __future__ import annotations

from datetime import datetime

from exchange.messages.identifiers import Oin
from exchange.policy.quota import Quota, Standing, Window, standing, take


class Quotas:
    """Counts requests and lines per party, in memory; there is an entry per registered party."""

    def __init__(self, requests_per_minute: int, lines_per_minute: int) -> None:
        """Open empty books."""
        self._requests = Quota("verzoeken", requests_per_minute)
        self._lines = Quota("regels", lines_per_minute)
        self._windows: dict[tuple[Oin, Quota], Window] = {}

    def take_request(self, party: Oin, now: datetime) -> None:
        """Count one request; raises ``te-veel-verzoeken`` when it is one too many."""
        self._take(self._requests, party, 1, now)

    def take_lines(self, party: Oin, lines: int, now: datetime) -> None:
        """Count the lines of a delivery; raises ``te-veel-verzoeken`` when they do not all fit."""
        self._take(self._lines, party, lines, now)

    def standing(self, party: Oin, now: datetime) -> tuple[Standing, ...]:
        """Say what a party has left of each quota."""
        return tuple(
            standing(quota, self._windows.get((party, quota)), now)
            for quota in (self._requests, self._lines)
        )

    def _take(self, quota: Quota, party: Oin, amount: int, now: datetime) -> None:
        window = self._windows.get((party, quota))
        self._windows[party, quota] = take(quota, window, amount, now)
