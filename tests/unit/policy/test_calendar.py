"""Dutch legal time: the legal day, lesweken, and working days across every public holiday."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from exchange.messages.identifiers import Schooljaar
from exchange.policy.calendar import Schoolkalender, legal_day, lesweken, working_days_before

AUTUMN = Schoolkalender(((date(2026, 10, 17), date(2026, 10, 25)),))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-17T22:59:59+00:00", "2026-11-17"),
        ("2026-11-17T23:00:00+00:00", "2026-11-18"),
        ("2026-07-01T21:59:59+00:00", "2026-07-01"),
        ("2026-07-01T22:00:00+00:00", "2026-07-02"),
        ("2026-03-29T00:30:00+00:00", "2026-03-29"),  # the clock goes forward
        ("2026-10-25T22:30:00+00:00", "2026-10-25"),  # it went back this morning
        ("2026-10-25T23:00:00+00:00", "2026-10-26"),
        ("2026-12-31T23:00:00+00:00", "2027-01-01"),
        ("2026-07-31T22:00:00+00:00", "2026-08-01"),  # a new school year
        ("2026-11-18T00:30:00+09:00", "2026-11-17"),  # any zone says the same moment
    ],
)
def test_a_legal_day_begins_at_midnight_in_amsterdam(moment: str, day: str) -> None:
    assert legal_day(datetime.fromisoformat(moment)) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("van", "tot", "mondays"),
    [
        ("2026-11-02", "2026-11-06", ["2026-11-02"]),
        ("2026-11-06", "2026-11-09", ["2026-11-02", "2026-11-09"]),
        ("2026-11-08", "2026-11-08", ["2026-11-02"]),  # a Sunday belongs to the week before it
        ("2026-10-16", "2026-10-26", ["2026-10-12", "2026-10-26"]),  # herfstvakantie between
        ("2026-10-17", "2026-10-25", ["2026-10-12"]),  # its first days lie in a lesweek
        ("2026-10-19", "2026-10-25", []),
        ("2026-12-31", "2027-01-01", ["2026-12-28"]),  # one ISO week, two years
        ("2026-11-06", "2026-11-02", ["2026-11-02"]),
        ("2026-11-09", "2026-11-02", []),
        ("9999-12-27", "9999-12-31", ["9999-12-27"]),
        ("0001-01-01", "0001-01-01", ["0001-01-01"]),
    ],
)
def test_a_lesweek_is_an_iso_week_with_a_weekday_of_lessons(
    van: str, tot: str, mondays: list[str]
) -> None:
    found = lesweken(date.fromisoformat(van), date.fromisoformat(tot), AUTUMN)
    assert [monday.isoformat() for monday in found] == mondays


def test_one_day_of_lessons_makes_a_lesweek_and_a_free_weekend_changes_nothing() -> None:
    monday = date(2026, 11, 2)
    week = [monday + timedelta(days=n) for n in range(7)]
    for lesson in week[:5]:
        free = tuple((day, day) for day in week if day != lesson)
        assert Schoolkalender(free).has_lessons(monday, Schooljaar.of(monday))
    year = Schooljaar.of(monday)
    assert not Schoolkalender(((week[0], week[4]),)).has_lessons(monday, year)
    assert Schoolkalender(((week[5], week[6]),)).has_lessons(monday, year)


def test_without_a_calendar_every_week_counts() -> None:
    van, tot = date(2026, 9, 1), date(2026, 10, 31)
    assert len(lesweken(van, tot, Schoolkalender())) == 9


def test_of_the_week_that_1_august_cuts_in_two_each_schooljaar_counts_its_own_days() -> None:
    free = Schoolkalender(((date(2026, 8, 1), date(2026, 8, 16)),))
    assert lesweken(date(2026, 8, 1), date(2026, 8, 17), free) == [date(2026, 8, 17)]
    july = Schoolkalender(((date(2026, 7, 4), date(2026, 7, 30)),))
    assert lesweken(date(2026, 7, 27), date(2026, 7, 31), july) == [date(2026, 7, 27)]


HOLIDAYS_2026 = {
    date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 5), date(2026, 4, 6), date(2026, 4, 27),
    date(2026, 5, 5), date(2026, 5, 14), date(2026, 5, 24), date(2026, 5, 25), date(2026, 12, 25),
    date(2026, 12, 26), date(2027, 1, 1),
}  # fmt: skip
"""Algemene termijnenwet art. 3, written out by hand."""


@pytest.mark.parametrize(
    ("day", "before"),
    [
        ("2026-11-18", "2026-11-11"),  # an ordinary week
        ("2026-11-16", "2026-11-09"),
        ("2026-11-15", "2026-11-09"),  # a Sunday
        ("2026-04-07", "2026-03-27"),  # Good Friday and Easter Monday, and summer time
        ("2026-04-28", "2026-04-20"),  # Koningsdag
        ("2026-05-06", "2026-04-28"),  # Bevrijdingsdag
        ("2026-05-15", "2026-05-07"),  # Hemelvaart
        ("2026-05-26", "2026-05-18"),  # Pentecost
        ("2026-12-28", "2026-12-18"),  # Christmas on Friday and Saturday
        ("2027-01-04", "2026-12-24"),  # New Year
        ("2031-04-28", "2031-04-21"),  # 27 April is a Sunday: Koningsdag was the Saturday
    ],
)
def test_five_working_days_skip_weekends_and_public_holidays(day: str, before: str) -> None:
    moment = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    assert working_days_before(moment, 5).date().isoformat() == before


def test_working_days_are_counted_as_one_would_on_paper() -> None:
    moment = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
    while moment < datetime(2027, 1, 10, tzinfo=UTC):
        for days in (1, 5, 10):
            left = days
            day = moment.date()
            while left:
                day -= timedelta(days=1)
                left -= day.weekday() < 5 and day not in HOLIDAYS_2026
            assert working_days_before(moment, days).date() == day
        moment += timedelta(days=1)


def test_the_hour_stays_the_same_and_no_days_is_now() -> None:
    moment = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
    assert working_days_before(moment, 3).time() == moment.time()
    assert working_days_before(moment, 0) == moment
