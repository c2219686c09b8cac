"""Which bytes of a stored form a request gets; the rules of RFC 9110 sections 13 and 14."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.api.conditions import Cut, cut
from exchange.errors import Refused

TAG = '"n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"'
SIZES = st.integers(min_value=1, max_value=10**7)
PLACES = st.integers(min_value=0, max_value=10**8)


def asked(size: int = 100, *, head: bool = False, **headers: str) -> Cut:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return cut(named, TAG, size, head=head)


@given(SIZES, PLACES, PLACES)
def test_a_part_lies_where_it_was_asked_and_within_the_form(size: int, a: int, b: int) -> None:
    first, last = sorted((a, b))
    wanted = f"bytes={first}-{last}"
    if first < size:
        assert asked(size, range=wanted) == Cut(206, range(first, min(last, size - 1) + 1))
        return
    with pytest.raises(Refused) as refused:
        asked(size, range=wanted)
    assert refused.value.facts == {"omvang": str(size)}


@given(SIZES, PLACES)
def test_an_end_is_as_long_as_asked_or_everything(size: int, length: int) -> None:
    wanted = f"bytes=-{length}"
    if length:
        assert asked(size, range=wanted) == Cut(206, range(max(0, size - length), size))
        return
    with pytest.raises(Refused):
        asked(size, range=wanted)


@given(st.integers(min_value=1, max_value=300), st.lists(PLACES, max_size=5))
def test_a_form_in_parts_is_the_whole_form(size: int, places: list[int]) -> None:
    cuts = sorted({0, size, *(place % size for place in places)})
    parts = [asked(size, range=f"bytes={a}-{b - 1}").span for a, b in pairwise(cuts)]
    assert [place for part in parts for place in part] == list(range(size))


@given(SIZES, st.text(alphabet="byte=s0123456789-, \t", max_size=30))
def test_whatever_is_asked_nothing_outside_the_form_goes_out(size: int, text: str) -> None:
    with suppress(Refused):
        found = asked(size, range=text)
        assert found.status in {200, 206}
        assert 0 <= found.span.start < found.span.stop <= size
        assert found.status == 206 or len(found.span) == size


def test_a_known_tag_comes_before_a_part_and_before_a_head() -> None:
    for head in (False, True):
        assert asked(if_none_match=TAG, range="bytes=900-", head=head) == Cut(304, range(0))


def test_a_head_asks_for_no_bytes_and_no_part() -> None:
    assert asked(range="bytes=0-1", head=True) == Cut(200, range(0))
    assert asked(range="bytes=900-", head=True) == Cut(200, range(0))


def test_a_part_is_given_of_the_same_version_only() -> None:
    assert asked(range="bytes=0-1", if_range=TAG) == Cut(206, range(2))
    for other in ('"x"', f"W/{TAG}", "", "Wed, 18 Nov 2026 10:00:00 GMT"):
        assert asked(range="bytes=0-1", if_range=other) == Cut(200, range(100))
