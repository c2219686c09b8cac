"""The calendar of the sandbox in any schooljaar: shifted, complete, and without gaps in summer."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from exchange.messages.identifiers import Periode, Schooljaar
from exchange.sandbox.world import LessonCalendar, read_world

YEARS = range(2020, 2036)
SATURDAY = 5


@pytest.fixture(scope="module")
def calendar() -> LessonCalendar:
    return read_world().calendar


@pytest.mark.parametrize("year", YEARS)
def test_keeps_the_autumn_holiday_nearest_17_october(calendar: LessonCalendar, year: int) -> None:
    autumn = calendar.lesson_free(Schooljaar(year))[1][0]
    assert autumn.weekday() == SATURDAY
    assert abs(autumn - date(year, 10, 17)) <= timedelta(days=3)


@pytest.mark.parametrize("year", YEARS)
def test_shifts_by_52_or_53_weeks_a_year(calendar: LessonCalendar, year: int) -> None:
    this, following = (calendar.lesson_free(Schooljaar(y)) for y in (year, year + 1))
    weeks = {(b[0] - a[0]).days / 7 for a, b in zip(this[1:], following[1:], strict=True)}
    assert weeks in ({52.0}, {53.0})


@pytest.mark.parametrize("year", YEARS)
def test_stays_inside_the_schooljaar_and_leaves_no_gap_in_summer(
    calendar: LessonCalendar, year: int
) -> None:
    schooljaar = Schooljaar(year)
    periods = calendar.lesson_free(schooljaar)
    assert periods[0][0] == schooljaar.first_day
    assert periods[-1][1] == schooljaar.last_day
    assert all(van <= tot for van, tot in periods)
    lessons = calendar.lesson_days(schooljaar)
    assert lessons[0] >= date(year, 8, 13)
    assert lessons[-1] <= date(year + 1, 7, 15)


def test_gives_the_year_before_as_the_contract_says(calendar: LessonCalendar) -> None:
    assert calendar.lesson_free(Schooljaar(2025)) == (
        (date(2025, 8, 1), date(2025, 8, 17)),
        (date(2025, 10, 18), date(2025, 10, 26)),
        (date(2025, 12, 20), date(2026, 1, 4)),
        (date(2026, 2, 21), date(2026, 3, 1)),
        (date(2026, 4, 25), date(2026, 5, 10)),
        (date(2026, 7, 11), date(2026, 7, 31)),
    )


@pytest.mark.parametrize(
    ("before", "first", "last"),
    [
        (date(2026, 11, 23), date(2026, 10, 26), date(2026, 11, 20)),  # a Monday
        (date(2026, 11, 22), date(2026, 10, 26), date(2026, 11, 20)),  # a Sunday
        (date(2027, 1, 2), date(2026, 11, 23), date(2026, 12, 18)),  # Christmas holiday
        (date(2026, 8, 5), date(2026, 6, 15), date(2026, 7, 10)),  # summer, after 1 August
        (date(2026, 8, 18), date(2026, 6, 22), date(2026, 8, 17)),  # the second school day
        (date(2026, 11, 3), date(2026, 10, 5), date(2026, 11, 2)),  # over the autumn holiday
    ],
)
def test_finds_the_last_four_lesweken(
    calendar: LessonCalendar, before: date, first: date, last: date
) -> None:
    days = calendar.last_lesson_days(before, 4)
    assert (days[0], days[-1]) == (first, last)


@pytest.mark.parametrize("year", YEARS)
def test_knows_the_lesson_days_of_every_month(calendar: LessonCalendar, year: int) -> None:
    months = [Periode(year, 8).plus(n) for n in range(12)]
    by_month = [calendar.lesson_days_in(month) for month in months]
    assert [day for days in by_month for day in days] == list(
        calendar.lesson_days(Schooljaar(year))
    )
    assert min(map(len, by_month)) >= 4  # enough to spread a few days of absence over


@pytest.mark.parametrize(
    ("before", "month"),
    [
        (date(2026, 11, 22), Periode(2026, 10)),
        (date(2026, 11, 1), Periode(2026, 10)),
        (date(2026, 8, 5), Periode(2026, 7)),  # in the summer holiday: until 10 July
        (date(2026, 9, 1), Periode(2026, 8)),
        (date(2027, 1, 2), Periode(2026, 12)),
    ],
)
def test_finds_the_last_whole_month_with_lessons(
    calendar: LessonCalendar, before: date, month: Periode
) -> None:
    assert calendar.last_month(before) == month
