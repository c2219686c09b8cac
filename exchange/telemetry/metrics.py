"""The counters an operator watches; labels come from closed lists, never from a request."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from math import nan
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

Result = TypeVar("Result")

Forgetting = tuple[str, int, datetime | None, datetime | None]
"""Of one store: its name, rows removed, when it was last looked at, since when it is late."""


class Metrics:
    """All metrics of one process, in a registry of its own."""

    def __init__(self) -> None:
        """Register every metric once."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "exchange_requests_total", "Answers", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "exchange_request_seconds", "Time to answer", ["route"], registry=self.registry
        )
        self.steps = Counter(
            "exchange_steps_total",
            "Steps of a flow that were passed",
            ["step"],
            registry=self.registry,
        )
        self.waiting = Gauge(
            "exchange_waiting_messages", "Messages not yet downloaded", registry=self.registry
        )
        self.oldest_waiting_seconds = Gauge(
            "exchange_oldest_waiting_seconds", "Age of the oldest of them", registry=self.registry
        )
        self.parked = Gauge("exchange_parked_messages", "Parked messages", registry=self.registry)
        self.pushes_given_up = Gauge(
            "exchange_pushes_given_up", "Notices that ran out of attempts", registry=self.registry
        )
        self.unsealed = Gauge(
            "exchange_log_unsealed_records",
            "Log records without a place in the tree",
            registry=self.registry,
        )
        self.oldest_unsealed_seconds = Gauge(
            "exchange_log_oldest_unsealed_seconds", "Age of the oldest", registry=self.registry
        )
        self.retention_removed = Gauge(
            "exchange_retention_removed_rows",
            "Rows removed when their term was over, ever",
            ["store"],
            registry=self.registry,
        )
        self.retention_overdue = Gauge(
            "exchange_retention_overdue_seconds",
            "How long a store is known to hold what should have gone",
            ["store"],
            registry=self.registry,
        )
        self.retention_unwatched_seconds = Gauge(
            "exchange_retention_unwatched_seconds",
            "Time since all stores were looked at",
            registry=self.registry,
        )
        # Labels come from closed lists, so what was looked up once may be kept.
        self._seconds = cache(self.seconds.labels)
        # What was counted since the last page; a step is passed far more often than a page is read.
        self._passed: dict[str, int] = {}
        self._answered: dict[tuple[str, int], int] = {}

    def passed(self, step: str, result: Result) -> Result:
        """Count a step of a flow (the ``Steps`` port)."""
        self._passed[step] = self._passed.get(step, 0) + 1
        return result

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count one answer; ``route`` is the path template."""
        kind = route, status
        self._answered[kind] = self._answered.get(kind, 0) + 1
        self._seconds(route).observe(seconds)

    def backlog(self, waits: tuple[int, datetime | None, int, int] | None) -> None:
        """Set the gauges from what waits, the oldest, what is parked and what was given up."""
        waiting, oldest, parked, given_up = waits or (nan, None, nan, nan)
        age = (datetime.now(UTC) - oldest).total_seconds() if oldest else 0
        self.waiting.set(waiting)
        self.oldest_waiting_seconds.set(age if waits else nan)
        self.parked.set(parked)
        self.pushes_given_up.set(given_up)

    def sealing(self, waits: tuple[int, datetime | None] | None) -> None:
        """Set the gauges from how many log records wait for the sealer, and the oldest of them."""
        waiting, oldest = waits or (nan, None)
        age = (datetime.now(UTC) - oldest).total_seconds() if oldest else 0
        self.unsealed.set(waiting)
        self.oldest_unsealed_seconds.set(age if waits else nan)

    def retention(self, stores: Iterable[Forgetting], now: datetime) -> None:
        """Set the gauges from how every store stands; never looked at, or no answer, is NaN."""
        looks = []
        for store, removed, checked_at, overdue_since in stores:
            late = (now - overdue_since).total_seconds() if overdue_since else 0
            self.retention_removed.labels(store).set(removed)
            self.retention_overdue.labels(store).set(late if checked_at else nan)
            looks += [checked_at] if checked_at else []
        unwatched = (now - min(looks)).total_seconds() if looks else nan
        self.retention_unwatched_seconds.set(unwatched)

    def page(self) -> bytes:
        """Give all metrics in the Prometheus text format."""
        passed, self._passed = self._passed, {}
        answered, self._answered = self._answered, {}
        for step, times in passed.items():
            self.steps.labels(step).inc(times)
        for (route, status), times in answered.items():
            self.requests.labels(route, str(status)).inc(times)
        return generate_latest(self.registry)
