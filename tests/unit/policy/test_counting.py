"""Counting over consecutive lesweken: where a window begins and ends, and from when it counts."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from exchange.messages.identifiers import Schooljaar
from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.policy.calendar import Schoolkalender
from exchange.policy.counting import Count, Stand
from exchange.policy.facts import Dagverzuim, Telstand

YEAR = Schooljaar(2026)
HERFST = Schoolkalender(((date(2026, 10, 17), date(2026, 10, 25)),))
NUMBER = UUID("01a30000-0000-7000-8000-000000000001")


def absent(**minutes: int) -> list[Dagverzuim]:
    """Give days of absence, written as ``d1102=480`` for 2 November 2026."""
    return [
        Dagverzuim(date(2026, int(day[1:3]), int(day[3:])), minuten)
        for day, minuten in minutes.items()
    ]


def most(days: list[Dagverzuim], kalender: Schoolkalender | None = None, weeks: int = 4) -> int:
    """Give the most minutes in four lesweken."""
    return Count(kalender or Schoolkalender(), YEAR, weeks).most(days)


def test_nothing_is_counted_without_absence() -> None:
    assert most([]) == 0
    assert Count(HERFST, YEAR, 4).first_reached([], lambda _: 1) is None


def test_four_weeks_run_from_a_monday_to_the_fourth_sunday() -> None:
    assert most(absent(d1102=400, d1129=500)) == 900
    assert most(absent(d1102=400, d1130=500)) == 500
    assert most(absent(d1101=400, d1129=500)) == 500


def test_a_week_without_lessons_is_skipped_and_adds_nothing() -> None:
    assert most(absent(d1005=400, d1101=500), HERFST) == 900
    assert most(absent(d1005=400, d1101=500)) == 900
    assert most(absent(d1005=400, d1102=500), HERFST) == 900
    assert most(absent(d1005=400, d1102=500)) == 500
    assert most(absent(d1005=400, d1019=700, d1102=500), HERFST) == 900


def test_a_weekend_day_of_a_lesweek_counts() -> None:
    assert most(absent(d1031=60, d1101=60), HERFST) == 120


def test_several_absences_on_one_day_are_one_day() -> None:
    days = absent(d1102=400) + absent(d1102=200)
    stand = Count(HERFST, YEAR, 4).first_reached(days, lambda _: 600)
    assert stand == Stand(date(2026, 11, 2), 600, (date(2026, 11, 2),))


@pytest.mark.parametrize(("limit", "op"), [(900, 3), (901, None)])
def test_a_limit_is_reached_at_the_limit_and_not_before(limit: int, op: int | None) -> None:
    stand = Count(HERFST, YEAR, 4).first_reached(absent(d1102=400, d1103=500), lambda _: limit)
    assert (stand and stand.op.day) == op


def test_a_limit_is_that_of_the_day_on_which_it_is_reached() -> None:
    def limit_on(day: date) -> int:
        return 800 if day >= date(2026, 11, 4) else 960

    days = absent(d1102=480, d1103=400, d1104=1)
    stand = Count(HERFST, YEAR, 4).first_reached(days, limit_on)
    assert stand is not None
    assert (stand.op, stand.minuten, len(stand.dagen)) == (date(2026, 11, 4), 881, 3)


def test_absence_outside_the_school_year_is_not_counted() -> None:
    days = [Dagverzuim(date(2025, 7, 31), 400), Dagverzuim(date(2025, 8, 1), 500)]
    assert Count(Schoolkalender(), Schooljaar(2024), 4).most(days) == 400
    assert Count(Schoolkalender(), Schooljaar(2025), 4).most(days) == 500


@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_first_and_the_last_day_there_are_can_be_counted(day: date) -> None:
    absence = [Dagverzuim(day, 60)]
    assert Count(Schoolkalender(), Schooljaar.of(day), 4).most(absence) == 60


def test_counting_goes_on_the_day_after_a_melding_of_sixteen_hours() -> None:
    meldingen = (
        Telstand(NUMBER, Verzuimsoort.ZESTIEN_UUR, date(2026, 10, 1), date(2026, 10, 2)),
        Telstand(NUMBER, Verzuimsoort.ZESTIEN_UUR, date(2026, 11, 2), date(2026, 11, 3)),
        Telstand(NUMBER, Verzuimsoort.LANGDURIG, date(2026, 11, 2), date(2026, 11, 6)),
    )
    days = absent(d1001=1, d1030=2, d1103=4, d1104=8)
    assert Count(Schoolkalender(), YEAR, 4, meldingen).most(days) == 8
    assert Count(Schoolkalender(), YEAR, 4, meldingen[:1]).most(days) == 14
    assert Count(Schoolkalender(), YEAR, 4, meldingen[1:]).most(days) == 8
    assert Count(Schoolkalender(), YEAR, 8).most(days) == 15


def test_what_a_melding_left_out_stays_to_be_reported() -> None:
    melding = Telstand(NUMBER, Verzuimsoort.ZESTIEN_UUR, date(2026, 11, 9), date(2026, 11, 12))
    days = absent(d1102=480, d1103=480, d1109=480, d1112=480, d1113=479)
    count = Count(Schoolkalender(), YEAR, 4, (melding,))
    stand = count.first_reached(days, lambda _: 960)
    assert stand is not None
    assert stand.dagen == (date(2026, 11, 2), date(2026, 11, 3))
    assert count.first_reached(days[1:], lambda _: 960) is None


def test_a_day_in_a_lesson_free_period_adds_nothing() -> None:
    kalender = Schoolkalender(((date(2026, 11, 11), date(2026, 11, 11)),))
    days = absent(d1110=400, d1111=400, d1112=400)
    assert Count(kalender, YEAR, 4).most(days) == 800
