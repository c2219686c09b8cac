"""What is kept until when: the register term, and the months that are still open."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from exchange.bootstrap.law import open_law
from exchange.messages.identifiers import Periode, Schooljaar
from exchange.policy.retention import (
    closes_on,
    cutoffs,
    is_kept,
    is_open,
    is_past_term,
    oldest_kept,
    out_of_backups,
)

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


def test_every_store_is_cut_off_where_its_term_says() -> None:
    cut = cutoffs(datetime(2026, 11, 22, 14, 30, tzinfo=UTC), LAW)
    assert cut.schooljaar == Schooljaar(2025)
    assert cut.registrations == date(2026, 9, 1)
    assert cut.figures == Periode(2025, 8)
    assert cut.acknowledged == datetime(2026, 10, 23, 14, 30, tzinfo=UTC)
    assert cut.idempotency == datetime(2026, 8, 24, 14, 30, tzinfo=UTC)
    assert cut.log_text == datetime(2021, 11, 22, tzinfo=UTC)
    assert cut.releases == datetime(2019, 11, 22, 14, 30, tzinfo=UTC)


def test_the_oldest_that_is_kept_is_never_cut_off_nor_is_what_lapsed_kept() -> None:
    for number in range(4 * 366):
        day = date(2025, 8, 1) + timedelta(days=number)
        oldest = cutoffs(datetime(day.year, day.month, day.day, 12, tzinfo=UTC), LAW).schooljaar
        assert is_kept(oldest, day, LAW)
        assert is_past_term(Schooljaar(oldest.start - 1), day, LAW)


def test_a_schooljaar_ends_at_midnight_in_amsterdam() -> None:
    last = datetime(2026, 7, 31, 21, 59, 59, tzinfo=UTC)
    assert cutoffs(last, LAW).schooljaar == Schooljaar(2024)
    assert cutoffs(last + timedelta(seconds=1), LAW).schooljaar == Schooljaar(2025)


def test_five_years_after_a_leap_day_is_the_last_of_february() -> None:
    assert cutoffs(datetime(2028, 2, 29, 9, tzinfo=UTC), LAW).log_text.date() == date(2023, 2, 28)


def test_what_is_deleted_is_out_of_every_backup_after_35_days() -> None:
    assert out_of_backups(date(2026, 11, 22), LAW) == date(2026, 12, 27)
