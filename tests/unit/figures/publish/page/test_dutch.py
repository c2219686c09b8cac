"""Numbers, months and moments as Dutch readers expect them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from exchange.figures.publish.page import dutch
from exchange.messages.identifiers import Periode


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (999, "999"), (1234, "1.234"), (1234567, "1.234.567")]
)
def test_thousands_are_parted_by_a_point(value: int, text: str) -> None:
    assert dutch.number(value) == text


@pytest.mark.parametrize(("promille", "text"), [(0, "0,0%"), (824, "82,4%"), (1000, "100,0%")])
def test_a_share_has_one_decimal_behind_a_comma(promille: int, text: str) -> None:
    assert dutch.percent(promille) == text


@pytest.mark.parametrize(
    ("promille", "text"), [(8, "+0,8"), (-12, "\N{MINUS SIGN}1,2"), (0, "0,0")]
)
def test_a_difference_shows_its_sign(promille: int, text: str) -> None:
    assert dutch.signed(promille) == text


def test_a_difference_of_numbers_shows_its_sign() -> None:
    assert [dutch.signed_number(n) for n in (1200, -6, 0)] == ["+1.200", "\N{MINUS SIGN}6", "0"]


def test_a_month_is_written_out() -> None:
    assert dutch.month(Periode(2026, 10)) == "oktober 2026"
    assert dutch.short_month(Periode(2027, 1)) == "jan ’27"


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 11, 20, 9, 5, tzinfo=UTC), "20 november 2026 om 10.05 uur"),
        (datetime(2026, 7, 31, 22, 30, tzinfo=UTC), "1 augustus 2026 om 0.30 uur"),
    ],
)
def test_a_moment_is_in_dutch_legal_time(at: datetime, text: str) -> None:
    assert dutch.moment(at) == text


@pytest.mark.parametrize(
    ("parts", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a en b"), (["a", "b", "c"], "a, b en c")],
)
def test_names_are_joined_as_in_a_sentence(parts: list[str], text: str) -> None:
    assert dutch.enumeration(parts) == text
