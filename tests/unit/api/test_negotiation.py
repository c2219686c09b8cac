"""What an Accept header likes best of what there is (RFC 9110 section 12.5.1)."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.api.negotiation import require_acceptable
from exchange.errors import Code, Refused

OFFERED = ("application/json", "text/csv", "text/html")


def best(accept: str) -> str:
    return require_acceptable({"accept": accept}, *OFFERED)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/html", "text/html"),
        ("*/*", "application/json"),
        ("", "application/json"),
        (" , ", "application/json"),
        ("text/*", "text/csv"),
        ("text/html;q=0.9, text/csv;q=0.8", "text/html"),
        ("text/html;level=1;q=0.3, text/csv;q=0.8", "text/csv"),
        ("*/*;q=0.5, text/html;q=0.4", "application/json"),
        ("*/*;q=0.5, application/json;q=0.4", "text/csv"),
        ("text/*;q=0.9, text/csv;q=0, */*;q=0.1", "text/html"),
        ("TEXT/Html ; Q=1.000", "text/html"),
        ("text/html;q=0.001", "text/html"),
        ("text/html;q=veel", "text/html"),
    ],
)
def test_the_heaviest_is_given_and_the_most_specific_range_weighs(
    accept: str, expected: str
) -> None:
    assert best(accept) == expected


@pytest.mark.parametrize(
    "accept",
    ["image/png", "*/*;q=0", "text/html;q=0.0", "text/csv ; q=0.000", "json", "text/*;q=0"],
)
def test_what_takes_nothing_of_it_is_refused(accept: str) -> None:
    with pytest.raises(Refused) as refused:
        best(accept)
    assert refused.value.code is Code.NIET_AANVAARDBAAR


def test_without_the_header_the_first_is_given() -> None:
    assert require_acceptable({}, *OFFERED) == OFFERED[0]


@given(st.text(alphabet="aplictonjsexv/*;q=0.1, ", max_size=60))
def test_whatever_it_says_something_offered_is_given_or_it_is_refused(accept: str) -> None:
    with suppress(Refused):
        assert best(accept) in OFFERED
