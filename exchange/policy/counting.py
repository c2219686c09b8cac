"""Counting unauthorised absence over consecutive lesweken, from one melding to the next.

A count never crosses 1 August, weeks without lessons are skipped, days in a lesson-free period add
nothing, and it restarts on the day after a 16-uur melding (DUO, soorten verzuim; lesweek as ISO
week is DESIGN).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from exchange.messages.identifiers import Schooljaar
from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.policy.calendar import Schoolkalender, lesweken
from exchange.policy.facts import Dagverzuim, Telstand
from exchange.values import Value

_Window = deque[tuple[int, Dagverzuim]]


class Stand(Value, frozen=True):
    """A count as it stood at the end of ``op``: its minutes, and the days that made them."""

    op: date
    minuten: int
    dagen: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """How absence is counted: over which calendar and schooljaar, in how many lesweken at once.

    ``meldingen`` are what was reported before: the days of a 16-uur melding are counted there.
    """

    kalender: Schoolkalender
    schooljaar: Schooljaar
    weeks: int
    meldingen: tuple[Telstand, ...] = ()

    def most(self, days: Iterable[Dagverzuim]) -> int:
        """Give the most minutes that lie within consecutive lesweken; 0 without any."""
        return max([minuten for _, minuten, _ in self._windows(days)], default=0)

    def first_reached(
        self, days: Iterable[Dagverzuim], limit_on: Callable[[date], int]
    ) -> Stand | None:
        """Give the first day on which that day's limit was reached, inclusive; None if never."""
        for op, minuten, window in self._windows(days):
            if minuten >= limit_on(op):
                return Stand(op, minuten, tuple([day.datum for _, day in window]))
        return None

    def _windows(self, days: Iterable[Dagverzuim]) -> Iterator[tuple[date, int, _Window]]:
        """Give the count at the end of each day with absence, over the lesweken up to that day.

        With the days that made it, each with the number of its week, until the next is asked for.
        """
        within = [day for day in _per_day(days) if day.datum in self.schooljaar]
        if not within:
            return
        mondays = lesweken(within[0].datum, within[-1].datum, self.kalender)
        number = {monday: n for n, monday in enumerate(mondays)}
        for stretch in self._stretches(within):
            window: _Window = deque()
            minuten = 0
            for day in stretch:
                week = number.get(day.datum - timedelta(days=day.datum.weekday()))
                if week is None or self.kalender.is_free(day.datum):
                    continue
                window.append((week, day))
                minuten += day.minuten
                while window[0][0] <= week - self.weeks:
                    minuten -= window.popleft()[1].minuten
                yield day.datum, minuten, window

    def _stretches(self, days: Sequence[Dagverzuim]) -> Iterator[Sequence[Dagverzuim]]:
        """Cut the days where a melding ended: no count goes on across it, nor holds its days.

        What lies before a melding and is not in it stays to be reported.
        """
        spans = [
            (m.begin, m.eind) for m in self.meldingen if m.verzuimsoort is Verzuimsoort.ZESTIEN_UUR
        ]
        if not spans:
            yield days
            return
        open_days = (d for d in days if not any(b <= d.datum <= e for b, e in spans))
        for _, stretch in groupby(open_days, lambda d: sum(e < d.datum for _, e in spans)):
            yield list(stretch)


def _per_day(days: Iterable[Dagverzuim]) -> list[Dagverzuim]:
    minutes: dict[date, int] = {}
    for day in days:
        minutes[day.datum] = minutes.get(day.datum, 0) + day.minuten
    return [Dagverzuim(datum, minutes[datum]) for datum in sorted(minutes)]
