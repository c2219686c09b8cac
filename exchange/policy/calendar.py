"""Dutch legal time: the legal day, lesweken (weeks with lessons) and working days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import country_holidays

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_FRIDAY = 4


def legal_day(moment: datetime) -> date:
    """Give the day in Europe/Amsterdam in which ``moment`` (aware) lies."""
    return moment.astimezone(AMSTERDAM).date()


@dataclass(frozen=True, slots=True)
class Schoolkalender:
    """The lesson-free periods of one vestiging in one schooljaar; both ends inclusive.

    A vestiging without a calendar has none, so that every week counts: the strict reading.
    """

    lesvrij: tuple[tuple[date, date], ...] = ()

    def has_lessons(self, monday: date) -> bool:
        """Whether the ISO week of ``monday`` is a lesweek: a weekday outside every free period."""
        weekdays = (monday + timedelta(days=n) for n in range(_FRIDAY + 1))
        return any(not self._is_free(day) for day in weekdays)

    def _is_free(self, day: date) -> bool:
        return any(van <= day <= tot for van, tot in self.lesvrij)


def lesweken(van: date, tot: date, kalender: Schoolkalender) -> Sequence[date]:
    """Give the Mondays of the lesweken that the days ``van`` to ``tot`` (inclusive) touch.

    Vacation weeks do not count (DUO, soorten verzuim); lesweek as ISO week is DESIGN.
    """
    return [monday for monday in _mondays(van, tot) if kalender.has_lessons(monday)]


def working_days_before(moment: datetime, days: int) -> datetime:
    """Give the moment ``days`` working days earlier; weekends and public holidays do not count."""
    day = legal_day(moment)
    for _ in range(days):
        day -= timedelta(days=1)
        while not _is_working_day(day):
            day -= timedelta(days=1)
    return moment - (legal_day(moment) - day)


def _mondays(van: date, tot: date) -> Iterator[date]:
    first = van - timedelta(days=van.weekday())
    for week in range((tot - first).days // 7 + 1):
        yield first + timedelta(weeks=week)


def _is_working_day(day: date) -> bool:
    return day.weekday() <= _FRIDAY and day not in _holidays(day.year)


@lru_cache(maxsize=8)
def _holidays(year: int) -> frozenset[date]:
    """Public holidays of the Algemene termijnenwet art. 3, Good Friday and 5 May included."""
    named = country_holidays("NL", years=year, categories=("public", "optional"))
    return frozenset(named)
