"""What an attacker could believe of minutes beside the other figures of a row."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from exchange.bootstrap.law import open_law
from exchange.figures.measures import MINUTES, TIERS, Measure
from exchange.figures.protect.limits import limits
from exchange.figures.secrets import NOTHING, Need
from exchange.figures.table import NUMBER, Row
from tests.suppression import random_problem

NUMBERS = open_law().on(date(2026, 11, 1))
GEOORLOOFD, ONGEOORLOOFD = MINUTES
NOTHING_HIDDEN: frozenset[Measure] = frozenset()
PLANNED = 1000


def row(**figures: int) -> Row:
    """One vestiging of 20 pupils with 1000 minutes each; tiers end at 50 and 100 minutes absent."""
    values = {"geoorloofd": 400, "ongeoorloofd": 300, "aantal": 2, "trede2": 3, "trede3": 1}
    values |= figures
    some = random_problem(0, vestigingen=1).table.rows[0]
    return replace(
        some,
        leerlingen=20,
        geplande_minuten=PLANNED,
        values={
            GEOORLOOFD: values["geoorloofd"],
            ONGEOORLOOFD: values["ongeoorloofd"],
            NUMBER: values["aantal"],
            TIERS[0]: 20 - values["trede2"] - values["trede3"],
            TIERS[1]: values["trede2"],
            TIERS[2]: values["trede3"],
        },
    )


def test_without_the_law_only_the_number_of_pupils_bounds_minutes() -> None:
    assert limits(row(), GEOORLOOFD, NOTHING, NOTHING_HIDDEN, None) == (0, 20 * PLANNED)
    assert limits(row(), ONGEOORLOOFD, NOTHING, NOTHING_HIDDEN, None) == (2, 2 * PLANNED)


def test_counts_are_bounded_by_the_pupils() -> None:
    assert limits(row(), NUMBER, NOTHING, NOTHING_HIDDEN, NUMBERS) == (0, 20)


def test_tiers_bound_all_minutes_together() -> None:
    most = 16 * 50 + 3 * 100 + PLANNED
    excused = limits(row(), GEOORLOOFD, NOTHING, NOTHING_HIDDEN, NUMBERS)
    assert excused == (2 * 51, most - 300)  # two of three in the second tier must be excused


def test_unauthorised_minutes_are_those_of_their_pupils() -> None:
    found = limits(row(), ONGEOORLOOFD, NOTHING, NOTHING_HIDDEN, NUMBERS)
    assert found == (2, PLANNED + 100)  # one of them in the third tier, one in the second


@pytest.mark.parametrize("measure", [NUMBER, TIERS[1]])
def test_what_is_hidden_does_not_bound_a_cell_whose_need_does_not_fit(measure: Measure) -> None:
    small, hidden = row(ongeoorloofd=2), frozenset({measure})
    assert limits(small, ONGEOORLOOFD, NOTHING, hidden, NUMBERS)[0] == 2
    widest = (0, 20 * PLANNED) if measure is NUMBER else (2, 2 * PLANNED)
    too_much = Need(1, 0, insider=True) if measure is NUMBER else Need(0, 1500, insider=True)
    assert limits(small, ONGEOORLOOFD, too_much, hidden, NUMBERS) == widest
    assert limits(small, ONGEOORLOOFD, too_much, NOTHING_HIDDEN, NUMBERS) != widest


def test_what_is_true_is_believable_even_if_it_cannot_be() -> None:
    wrong = row(ongeoorloofd=1)
    assert limits(wrong, ONGEOORLOOFD, NOTHING, NOTHING_HIDDEN, None)[0] <= 1
