"""The days over which findings are looked for: of whom, by which rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from exchange.messages.identifiers import Vestigingscode
from exchange.policy.calendar import legal_day
from exchange.policy.finding_rules import FindingRules, day_bounds, usual_hours

_SLACK = timedelta(hours=1)  # a record's id is made shortly before or after its time


@dataclass(frozen=True, slots=True)
class Day:
    """A legal day, as far as it lies in the window, and its usual hours; at a weekend none."""

    day: date
    begins: datetime
    ends: datetime
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """From when until when is looked, for whom, by which rules.

    ``vestigingen`` is None for who sees everything, else the party's own; then ``own`` are its
    records.
    """

    since: datetime
    until: datetime
    party: str
    vestigingen: Sequence[Vestigingscode] | None
    rules: FindingRules
    supervision: Sequence[str]
    own: Sequence[UUID] | None = field(default=None, repr=False)

    def floor(self, since: datetime) -> UUID:
        """Give the least id that a record of ``since`` or later can have (UUIDv7)."""
        return UUID(int=int((since - _SLACK).timestamp() * 1000) << 80)

    def ceiling(self, until: datetime) -> UUID:
        """Give an id that is greater than any that a record of before ``until`` can have."""
        return UUID(int=int((until + _SLACK).timestamp() * 1000) << 80)

    def days(self) -> list[Day]:
        """Give the legal days of the window."""
        first, last = legal_day(self.since), legal_day(self.until)
        return [self._day(first + timedelta(n)) for n in range((last - first).days + 1)]

    def _day(self, day: date) -> Day:
        begins, ends = day_bounds(day)
        opens, closes = usual_hours(day, self.rules)
        return Day(day, max(begins, self.since), min(ends, self.until), opens, closes)

    def parameters(self) -> dict[str, Any]:
        """Give what every question asks with."""
        return {
            "since": self.since,
            "until": self.until,
            "floor": self.floor(self.since),
            "ceiling": self.ceiling(self.until),
            "party": self.party,
            "vestigingen": [code.reveal() for code in self.vestigingen or ()],
            "own": list(self.own or ()),
            "reads": list(self.rules.lezen),
            "supervision": list(self.supervision),
        }
