"""The calendar that every school of the sandbox keeps, in any schooljaar: one year's, shifted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from exchange.messages.identifiers import Periode, Schooljaar

Period = tuple[date, date]
"""The first and the last day, both inclusive."""

_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class LessonCalendar:
    """The lesson-free periods of one schooljaar; the autumn holiday finds those of others."""

    schooljaar: Schooljaar
    herfstvakantie: date
    lesvrij: tuple[Period, ...]

    def lesson_free(self, schooljaar: Schooljaar) -> tuple[Period, ...]:
        """Give the periods of any schooljaar: shifted by whole weeks, 52 or 53 of them a year.

        The shift keeps the first day of the herfstvakantie nearest its day in the year given. The
        first period begins on 1 August and the last ends on 31 July: summer leaves no gap.
        """
        shift = self._shift(schooljaar)
        shifted = [(van + shift, tot + shift) for van, tot in self.lesvrij]
        shifted[0] = (schooljaar.first_day, shifted[0][1])
        shifted[-1] = (shifted[-1][0], schooljaar.last_day)
        return tuple(shifted)

    def lesson_days(self, schooljaar: Schooljaar) -> tuple[date, ...]:
        """Give the weekdays of a schooljaar outside its lesson-free periods, in order."""
        free = self.lesson_free(schooljaar)
        return tuple(
            day
            for day in _days(schooljaar.first_day, schooljaar.last_day)
            if day.weekday() <= _FRIDAY and not any(van <= day <= tot for van, tot in free)
        )

    def last_lesson_days(self, before: date, weeks: int) -> tuple[date, ...]:
        """Give the lesson days of the last ``weeks`` lesweken that had one before ``before``."""
        this_year = Schooljaar.of(before)
        years = (Schooljaar(this_year.start - 1), this_year)
        days = [day for year in years for day in self.lesson_days(year) if day < before]
        mondays = sorted({monday_of(day) for day in days})[-weeks:]
        return tuple(day for day in days if monday_of(day) >= mondays[0])

    def lesson_days_in(self, periode: Periode) -> tuple[date, ...]:
        """Give the weekdays of a month outside its lesson-free periods, in order."""
        year = Schooljaar.of(periode.first_day)
        return tuple(day for day in self.lesson_days(year) if Periode.of(day) == periode)

    def last_month(self, before: date) -> Periode:
        """Give the last whole month before that of ``before`` in which there were lessons."""
        periode = Periode.of(before).plus(-1)
        while not self.lesson_days_in(periode):
            periode = periode.plus(-1)
        return periode

    def _shift(self, schooljaar: Schooljaar) -> timedelta:
        wanted = self.herfstvakantie.replace(year=schooljaar.start)
        return round((wanted - self.herfstvakantie) / _WEEK) * _WEEK


def monday_of(day: date) -> date:
    """Give the Monday of the ISO week of ``day``."""
    return day - day.weekday() * _DAY


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += _DAY
