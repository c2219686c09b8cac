"""What the product promises of speed, and whether a run kept it; ratios, so machines compare."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What came of one promise."""

    STRETCH = "reached, and the stretch too"
    REACHED = "reached"
    MISSED = "not reached"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Target:
    """A figure has to be at least ``bound``, or at most when ``most``; ``stretch`` goes further."""

    figure: str
    what: str
    bound: float
    unit: str = ""
    most: bool = False
    stretch: float | None = None

    def judge(self, figures: Mapping[str, float]) -> Verdict:
        """Say whether it was reached."""
        value = figures.get(self.figure)
        if value is None:
            return Verdict.NOT_MEASURED
        if not self._keeps(value, self.bound):
            return Verdict.MISSED
        far = self.stretch is not None and self._keeps(value, self.stretch)
        return Verdict.STRETCH if far else Verdict.REACHED

    def terms(self) -> str:
        """Give the bound in words."""
        sign = "≤" if self.most else "≥"
        further = f" (stretch {self.stretch:g})" if self.stretch is not None else ""
        return f"{sign} {self.bound:,g}{self.unit and ' ' + self.unit}{further}"

    def _keeps(self, value: float, bound: float) -> bool:
        return value <= bound if self.most else value >= bound


TARGETS = (
    Target("signaal_of_echo", "signaal / bare FastAPI echo, requests/s", 0.40, stretch=0.60),
    Target("signaal_of_orm", "signaal / FastAPI with one ORM insert, requests/s", 2.0),
    Target("signaal_p99_of_echo", "p99 of the signaal / p99 of the echo", 3.0, most=True),
    Target("ndjson_of_copy", "10,000 registrations / raw COPY, rows/s", 0.20, stretch=0.40),
    Target("memory_growth", "peak memory at 100,000 lines, above 10,000", 8, "MiB", most=True),
    Target("found_p50", "accepted to seen in the mailbox at 50/s, p50", 5.0, "ms", most=True),
    Target("found_p99", "the same, p99", 50.0, "ms", most=True),
    Target("mailbox_p50", "stricter: sent to seen in the mailbox, p50", 5.0, "ms", most=True),
    Target("mailbox_p99", "the same, p99", 50.0, "ms", most=True),
    Target("mailbox_p99_upload", "p99 while 100,000 lines come in", 150.0, "ms", most=True),
    Target("push_of_httpx", "forwarder / bare httpx, notices/s", 0.80),
    Target("queue", "lease and finish alone, notices/s", 10_000),
    Target("two_of_one", "two gateway processes / one, signalen/s", 1.5),
    Target("signaal_beside_history", "signaal beside a long history / beside none", 0.80),
    Target("ndjson_beside_history", "10,000 registrations beside it / beside none", 0.80),
)


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Give the median of the ratios, round by round: neighbours in time had the same neighbours."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
