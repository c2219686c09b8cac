"""The dated parameters: what held on which day, and what stops the gateway."""

from __future__ import annotations

import re
from datetime import date

import pytest

from exchange.bootstrap.law import SCHEMAS, open_law
from exchange.errors import Fault
from exchange.policy.law import read_law

TEXT = (SCHEMAS / "parameters.toml").read_text("utf-8")
SECOND = TEXT.replace(
    'waarde = 16, bron = "LPW art. 21a lid 1" }]',
    'waarde = 16, bron = "LPW art. 21a lid 1" },'
    ' { geldig_vanaf = 2027-08-01, waarde = 12, bron = "AMvB" }]',
    1,
)


def test_a_later_value_holds_from_its_date_and_not_a_day_before() -> None:
    law = read_law(SECOND)
    assert law.on(date(2027, 7, 31)).drempel_eenheden == 16
    assert law.on(date(2027, 8, 1)).drempel_eenheden == 12


def test_before_the_first_date_the_oldest_value_holds() -> None:
    assert open_law().on(date(1999, 1, 1)) == open_law().on(date(2026, 1, 1))


def test_every_parameter_says_what_it_means_and_where_it_comes_from() -> None:
    law = open_law()
    assert all(law.meanings.values())
    assert all(re.match(r"LPW art\.|WOT art\.|DUO|MD-MTSS|DESIGN|praktijk", entry.bron)
               for entries in law.entries.values() for entry in entries)  # fmt: skip


@pytest.mark.parametrize(
    "broken",
    [
        TEXT.replace("[herhaling_dagen]", "[herhaaldagen]"),
        TEXT.replace("waarde = 7,", "", 1),
        TEXT.replace("waarde = 16,", "waarde = -16,", 1),
        TEXT.replace("waarde = 16,", 'waarde = "16",', 1),
        TEXT.replace("2013-01-01, waarde = 16", '"2013-01-01", waarde = 16', 1),
        TEXT.replace('bron = "LPW art. 21a lid 1"', 'bron = ""', 1),
        SECOND.replace("2027-08-01", "2012-08-01"),
        "= geen toml",
        "",
    ],
)
def test_stops_on_parameters_that_are_not_whole(broken: str) -> None:
    with pytest.raises(Fault):
        read_law(broken)
