"""Codes of the log in the words of a Dutch reader."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from exchange.console.views import words


def test_says_an_action_as_words() -> None:
    assert words.spoken("bericht-aangenomen") == "Bericht aangenomen"
    assert words.spoken("aansluiting-beeindigd") == "Aansluiting beëindigd"


def test_says_an_activity_with_its_version() -> None:
    assert words.activity("signaal-leerplicht/2") == "Signaal leerplicht (versie 2)"
    assert words.activity("zonder-versie") == "Zonder versie"


def test_says_an_outcome_and_leaves_an_unknown_one_readable() -> None:
    assert [words.outcome(code) for code in ("ok", "geweigerd", "fout")] == [
        "Gelukt",
        "Geweigerd",
        "Storing",
    ]
    assert words.outcome("iets-nieuws") == "Iets nieuws"


def test_takes_a_field_apart_that_nobody_named() -> None:
    assert words.field("eenNieuwVeld") == "een nieuw veld"
    assert words.field("dagen") != "dagen"


def test_writes_days_and_moments_in_dutch_time() -> None:
    at = datetime(2026, 11, 18, 23, 30, 7, tzinfo=UTC)
    assert words.exact(at) == "19-11-2026 00:30:07"
    assert words.day(date(2026, 3, 1)) == "1 maart 2026"
    assert words.short_day(date(2026, 9, 8)) == "8 sep"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 seconden"),
        (1, "1 seconde"),
        (59.4, "59 seconden"),
        (60, "1 minuut"),
        (7_200, "2 uur"),
        (86_400, "1 dag"),
        (200_000, "2 dagen"),
    ],
)
def test_says_how_long_something_lasts(seconds: float, said: str) -> None:
    assert words.lasting(seconds) == said


def test_counts_one_and_many() -> None:
    assert words.counted(1, "regel", "regels") == "1 regel"
    assert words.counted(12_345, "regel", "regels") == "12.345 regels"
