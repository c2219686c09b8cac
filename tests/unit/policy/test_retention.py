"""How long each thing is kept."""

from __future__ import annotations

from exchange.messages.identifiers import Schooljaar
from exchange.policy.retention import (
    ACKNOWLEDGED_DAYS,
    IDEMPOTENCY_DAYS,
    PARKED_AFTER_WORKING_DAYS,
    oldest_kept,
)


def test_a_message_is_kept_for_its_own_school_year_and_the_next() -> None:
    now = Schooljaar(2027)
    assert oldest_kept(now) == Schooljaar(2026)
    kept = [Schooljaar(year) for year in range(2024, 2029) if Schooljaar(year) >= oldest_kept(now)]
    assert kept == [Schooljaar(2026), Schooljaar(2027), Schooljaar(2028)]


def test_the_terms_are_those_of_the_contract() -> None:
    assert (PARKED_AFTER_WORKING_DAYS, ACKNOWLEDGED_DAYS, IDEMPOTENCY_DAYS) == (5, 30, 90)
