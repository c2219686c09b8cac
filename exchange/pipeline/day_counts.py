"""What was counted of days that are over: the log only grows, so a process counts them once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from exchange.storage.log_counts import Counted


@dataclass(slots=True)
class DayCounts:
    """The counts of whole days, at most ``most`` of them; the oldest go first."""

    most: int = 400
    _known: dict[date, Counted] = field(default_factory=dict)

    def __contains__(self, day: date) -> bool:
        """Whether a day was counted."""
        return day in self._known

    def of(self, day: date) -> Counted:
        """Give what was counted of a day; nothing of one that was not."""
        return self._known.get(day, Counted((), ()))

    def keep(self, day: date, counted: Counted) -> None:
        """Remember a day that is over."""
        self._known[day] = counted
        while len(self._known) > self.most:
            del self._known[min(self._known)]
