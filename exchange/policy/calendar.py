"""Dutch legal time: the legal day, lesweken (weeks with lessons) and working days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import country_holidays

from exchange.messages.identifiers import Schooljaar
from exchange.values import Value

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_FRIDAY = 4
_WEEKDAYS = tuple(timedelta(days=n) for n in range(_FRIDAY + 1))


def legal_day(moment: datetime) -> date:
    """Give the day in Europe/Amsterdam in which ``moment`` (aware) lies."""
    return moment.astimezone(AMSTERDAM).date()


class Schoolkalender(Value, frozen=True):
    """The lesson-free periods of one vestiging in one schooljaar; both ends inclusive.

    A vestiging without a calendar has none, so that every week counts: the strict reading.
    """

    lesvrij: tuple[tuple[date, date], ...] = ()

    def has_lessons(self, monday: date, schooljaar: Schooljaar) -> bool:
        """Whether the ISO week of ``monday`` is a lesweek: a weekday outside every free period.

        Of the week that 1 August cuts in two only the days in ``schooljaar`` count: this calendar
        says nothing about the others.
        """
        for since_monday in _WEEKDAYS:
            day = monday + since_monday
            if day in schooljaar and not self.is_free(day):
                return True
        return False

    def is_lesson_day(self, day: date) -> bool:
        """Whether ``day`` is a weekday outside every lesson-free period."""
        return day.weekday() <= _FRIDAY and not self.is_free(day)

    def is_free(self, day: date) -> bool:
        """Whether ``day`` lies in a lesson-free period."""
        for van, tot in self.lesvrij:  # noqa: SIM110  a generator for each day costs more
            if van <= day <= tot:
                return True
        return False


def touches_more_lesweken(van: date, tot: date, kalender: Schoolkalender, most: int) -> bool:
    """Whether the days ``van`` to ``tot`` touch more than ``most`` lesweken; see ``lesweken``.

    Where they do not even touch so many weeks, nobody has to say which of these have lessons.
    """
    return _weeks(van, tot) > most and len(lesweken(van, tot, kalender)) > most


def lesweken(van: date, tot: date, kalender: Schoolkalender) -> Sequence[date]:
    """Give the Mondays of the lesweken that the days ``van`` to ``tot`` (inclusive) touch.

    Both lie in the schooljaar of ``kalender``.
    Vacation weeks do not count (DUO, soorten verzuim); lesweek as ISO week is DESIGN.
    """
    schooljaar = Schooljaar.of(tot)
    return [m for m in _mondays(van, tot) if kalender.has_lessons(m, schooljaar)]


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
    for week in range(_weeks(van, tot)):
        yield first + timedelta(weeks=week)


def _weeks(van: date, tot: date) -> int:
    """Count the ISO weeks that the days touch."""
    return ((tot - van).days + van.weekday()) // 7 + 1


def _is_working_day(day: date) -> bool:
    return day.weekday() <= _FRIDAY and day not in _holidays(day.year)


@lru_cache(maxsize=8)
def _holidays(year: int) -> frozenset[date]:
    """Public holidays of the Algemene termijnenwet art. 3, Good Friday and 5 May included."""
    named = country_holidays("NL", years=year, categories=("public", "optional"))
    return frozenset(named)
