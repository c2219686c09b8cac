"""The duty of a pupil against a slow reference that lives every day of a life in turn."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from exchange.messages.wire import Plicht
from exchange.policy.ages import plicht_on
from exchange.policy.law import read_law

PARAMETERS = Path(__file__).resolve().parents[2] / "schemas" / "parameters.toml"
NUMBERS = read_law(PARAMETERS.read_text("utf-8")).on(date(2026, 11, 18))
BIRTHS = st.dates(date(2003, 1, 1), date(2024, 12, 31)) | st.sampled_from(
    [date(year, 2, 29) for year in (2004, 2008, 2012, 2016, 2020, 2024)]
)
ANY_TIME = st.timedeltas(timedelta(0), timedelta(days=20 * 366))
NEAR_A_BIRTHDAY = st.builds(
    lambda age, days: timedelta(days=int(365.25 * age) - days),
    st.sampled_from([5, 16, 18]),
    st.integers(2, 35),
)
LATER = ANY_TIME | NEAR_A_BIRTHDAY
FIRST_YEARS = st.integers(2007, 2024)
law = settings(deadline=None)  # a busy machine breaks no law


class Life:
    """A pupil that grows older one day at a time; knows the law as a list of events."""

    def __init__(self, born: date, enters: int) -> None:
        self.today, self.born, self.enters = born, born, enters
        self.age = self.full_years = self.full_years_at_its_start = 0
        self.begun = self.over = False
        self.five_last_month = False

    def wake(self) -> None:
        """Let the next day come."""
        yesterday, self.today = self.today, self.today + timedelta(days=1)
        if (yesterday.month, yesterday.day) == (7, 31):
            self._end_schooljaar(yesterday)
        if self._is_birthday(yesterday):
            self.age += 1
        if self.today.day == 1:
            self.begun = self.five_last_month
        self.five_last_month = self.five_last_month or self.age >= 5

    def _is_birthday(self, yesterday: date) -> bool:
        if (self.today.month, self.today.day) == (self.born.month, self.born.day):
            return True
        leapling = (self.born.month, self.born.day) == (2, 29)
        return leapling and (yesterday.month, yesterday.day, self.today.day) == (2, 28, 1)

    def _end_schooljaar(self, last_day: date) -> None:
        if last_day.year > self.enters:  # its first schooljaar began in the August of ``enters``
            self.full_years += 1
        self.full_years_at_its_start = self.full_years
        self.over = self.over or self.age >= 16 or self.full_years >= 12

    def plicht(self, *, released: bool) -> Plicht | None:
        """Say which duty holds today."""
        if not self.begun:
            return None
        if not self.over:
            return Plicht.LEERPLICHTIG
        return None if released or self.age >= 18 else Plicht.KWALIFICATIEPLICHTIG


@settings(law, max_examples=150)
@example(date(2012, 2, 29), timedelta(days=16 * 365), 2016, False)
@example(date(2010, 8, 1), timedelta(days=16 * 365 + 4), 2014, True)
@given(BIRTHS, LATER, FIRST_YEARS, st.booleans())
def test_the_duty_is_that_of_a_life_lived_day_by_day(
    born: date, later: timedelta, enters: int, released: bool
) -> None:
    life = Life(born, max(enters, born.year + 3))
    while life.today < born + later:
        life.wake()
    for _ in range(40):
        life.wake()
        expected = life.plicht(released=released)
        found = plicht_on(
            NUMBERS,
            life.today,
            born,
            volle_schooljaren=life.full_years_at_its_start,
            startkwalificatie=released,
        )
        assert found is expected, (born, life.today)


@law
@given(BIRTHS, LATER, st.integers(0, 15))
def test_more_years_of_school_never_bring_leerplicht_back(
    born: date, later: timedelta, years: int
) -> None:
    before = plicht_on(NUMBERS, born + later, born, volle_schooljaren=years)
    after = plicht_on(NUMBERS, born + later, born, volle_schooljaren=years + 1)
    assert after is before or (before, after) in {
        (Plicht.LEERPLICHTIG, Plicht.KWALIFICATIEPLICHTIG),
        (Plicht.LEERPLICHTIG, None),
    }


@law
@given(BIRTHS, LATER, st.booleans(), st.booleans())
def test_a_diploma_only_releases(born: date, later: timedelta, start: bool, exempt: bool) -> None:
    without = plicht_on(NUMBERS, born + later, born)
    held = plicht_on(NUMBERS, born + later, born, startkwalificatie=start, vrijgesteld=exempt)
    assert held is without or (without is Plicht.KWALIFICATIEPLICHTIG and held is None)
