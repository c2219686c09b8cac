"""Which elements a verzuimbeleid lacks on a day."""

from __future__ import annotations

from datetime import date, timedelta

from exchange.policy.elementen import REQUIRED, missing_elements

FIRST = REQUIRED[0]


def test_names_what_is_missing_in_its_own_order() -> None:
    assert missing_elements((), FIRST.geldig_vanaf) == FIRST.codes
    assert missing_elements(FIRST.codes[:1], FIRST.geldig_vanaf) == FIRST.codes[1:]
    assert missing_elements((*FIRST.codes, "EIGEN"), FIRST.geldig_vanaf) == ()


def test_asks_nothing_of_a_policy_from_before_the_first_list() -> None:
    assert missing_elements((), FIRST.geldig_vanaf - timedelta(days=1)) == ()


def test_each_list_begins_later_than_the_one_before() -> None:
    days = [required.geldig_vanaf for required in REQUIRED]
    assert days == sorted(set(days))
    assert all(day >= date(2013, 1, 1) for day in days)
