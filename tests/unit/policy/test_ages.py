"""Which duty holds for a pupil on a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from exchange.messages.wire import Plicht
from exchange.policy import ages
from exchange.policy.law import Parameters, read_law

LEERPLICHTIG, KWALIFICATIEPLICHTIG = Plicht.LEERPLICHTIG, Plicht.KWALIFICATIEPLICHTIG
DAY = timedelta(days=1)
PARAMETERS = Path(__file__).resolve().parents[3] / "schemas" / "parameters.toml"
NUMBERS = read_law(PARAMETERS.read_text("utf-8")).on(date(2026, 11, 18))


def plicht_on(
    day: date,
    geboortedatum: date,
    numbers: Parameters = NUMBERS,
    **pupil: Any,  # noqa: ANN401  what the kit knows of a pupil
) -> Plicht | None:
    """Ask under the numbers of today."""
    return ages.plicht_on(numbers, day, geboortedatum, **pupil)


@pytest.mark.parametrize(
    ("geboortedatum", "first"),
    [
        (date(2021, 9, 1), date(2026, 10, 1)),
        (date(2021, 9, 30), date(2026, 10, 1)),
        (date(2021, 8, 31), date(2026, 9, 1)),
        (date(2021, 12, 15), date(2027, 1, 1)),
        (date(2021, 7, 31), date(2026, 8, 1)),
        (date(2024, 2, 29), date(2029, 4, 1)),  # five on 1 March 2029
        (date(2024, 2, 28), date(2029, 3, 1)),
    ],
)
def test_leerplicht_begins_with_the_month_after_the_fifth_birthday(
    geboortedatum: date, first: date
) -> None:
    assert plicht_on(first - DAY, geboortedatum) is None
    assert plicht_on(first, geboortedatum) is LEERPLICHTIG


@pytest.mark.parametrize(
    ("geboortedatum", "last"),
    [
        (date(2010, 7, 31), date(2026, 7, 31)),  # sixteen on the last day of the schooljaar
        (date(2010, 8, 1), date(2027, 7, 31)),  # and on the first
        (date(2010, 12, 31), date(2027, 7, 31)),
        (date(2011, 1, 1), date(2027, 7, 31)),
        (date(2012, 2, 29), date(2028, 7, 31)),
    ],
)
def test_leerplicht_ends_with_the_schooljaar_of_the_sixteenth_birthday(
    geboortedatum: date, last: date
) -> None:
    assert plicht_on(last, geboortedatum) is LEERPLICHTIG
    assert plicht_on(last + DAY, geboortedatum) is KWALIFICATIEPLICHTIG


def test_leerplicht_ends_after_twelve_full_schooljaren_too() -> None:
    fifteen, day = date(2011, 5, 1), date(2026, 9, 1)
    assert plicht_on(day, fifteen, volle_schooljaren=11) is LEERPLICHTIG
    assert plicht_on(day, fifteen, volle_schooljaren=12) is KWALIFICATIEPLICHTIG
    assert plicht_on(day, fifteen, volle_schooljaren=13) is KWALIFICATIEPLICHTIG


@pytest.mark.parametrize(
    ("geboortedatum", "birthday"),
    [
        (date(2009, 3, 15), date(2027, 3, 15)),
        (date(2008, 8, 1), date(2026, 8, 1)),
        (date(2008, 12, 31), date(2026, 12, 31)),
        (date(2008, 2, 29), date(2026, 3, 1)),
        (date(2012, 2, 29), date(2030, 3, 1)),
    ],
)
def test_kwalificatieplicht_ends_on_the_eighteenth_birthday(
    geboortedatum: date, birthday: date
) -> None:
    assert plicht_on(birthday - DAY, geboortedatum) is KWALIFICATIEPLICHTIG
    assert plicht_on(birthday, geboortedatum) is None


def test_a_startkwalificatie_or_an_exempt_diploma_ends_kwalificatieplicht() -> None:
    seventeen, day = date(2009, 3, 15), date(2026, 11, 18)
    assert plicht_on(day, seventeen) is KWALIFICATIEPLICHTIG
    assert plicht_on(day, seventeen, startkwalificatie=True) is None
    assert plicht_on(day, seventeen, vrijgesteld=True) is None


def test_neither_ends_leerplicht() -> None:
    fifteen, day = date(2011, 9, 1), date(2026, 11, 18)
    assert plicht_on(day, fifteen, startkwalificatie=True, vrijgesteld=True) is LEERPLICHTIG


def test_a_schooljaar_that_lasts_past_the_eighteenth_birthday_brings_no_leerplicht_back() -> None:
    assert plicht_on(date(2026, 8, 1), date(2008, 8, 1)) is None
    assert plicht_on(date(2046, 8, 1), date(2008, 8, 1)) is None


def test_nobody_has_a_duty_before_birth() -> None:
    assert plicht_on(date(2026, 1, 1), date(2026, 6, 1)) is None


@pytest.mark.parametrize(
    ("number", "day", "pupil", "expected"),
    [
        ("leerplicht_vanaf_jaar", date(2026, 10, 1), {"geboortedatum": date(2021, 9, 1)}, None),
        (
            "leerplicht_tot_jaar",
            date(2026, 8, 1),
            {"geboortedatum": date(2010, 7, 31)},
            LEERPLICHTIG,
        ),
        (
            "leerplicht_volle_jaren",
            date(2026, 9, 1),
            {"geboortedatum": date(2011, 5, 1), "volle_schooljaren": 12},
            LEERPLICHTIG,
        ),
        (
            "kwalificatieplicht_tot_jaar",
            date(2026, 8, 1),
            {"geboortedatum": date(2008, 8, 1)},
            KWALIFICATIEPLICHTIG,
        ),
    ],
)
def test_another_number_gives_another_answer(
    number: str, day: date, pupil: dict[str, Any], expected: Plicht | None
) -> None:
    more = replace(NUMBERS, **{number: getattr(NUMBERS, number) + 1})
    assert plicht_on(day, numbers=more, **pupil) is expected
    assert plicht_on(day, **pupil) is not expected
