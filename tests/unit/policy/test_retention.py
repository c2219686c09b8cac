"""What is kept until when: the register term, and the months that are still open."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from exchange.bootstrap.law import open_law
from exchange.messages.identifiers import Periode, Schooljaar
from exchange.policy.retention import closes_on, is_kept, is_open, oldest_kept

LAW = open_law()


def test_messages_are_kept_in_the_schooljaar_of_the_notice_and_the_next() -> None:
    now = Schooljaar(2027)
    assert oldest_kept(now, LAW.on(date(2027, 9, 1))) == Schooljaar(2026)


def test_a_schooljaar_is_kept_from_its_first_day_to_the_last_of_the_next() -> None:
    year = Schooljaar(2026)
    days = (date(2026, 7, 31), date(2026, 8, 1), date(2028, 7, 31), date(2028, 8, 1))
    assert [is_kept(year, day, LAW) for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    ("month", "last"),
    [
        (Periode(2026, 9), date(2026, 11, 30)),
        (Periode(2026, 11), date(2027, 1, 31)),
        (Periode(2026, 12), date(2027, 2, 28)),
        (Periode(2027, 12), date(2028, 2, 29)),
    ],
)
def test_a_month_is_open_to_the_last_day_of_the_second_month_after_it(
    month: Periode, last: date
) -> None:
    assert closes_on(month, LAW) == last
    assert is_open(month, last, LAW)
    assert not is_open(month, last + timedelta(days=1), LAW)
