"""Cursors: opaque, reversible, and refused when anybody touched them."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.storage.cursors import decode, encode, page_of


@given(st.uuids())
def test_a_cursor_gives_its_id_back(last: UUID) -> None:
    cursor = encode(last)
    assert decode(cursor) == last
    assert cursor.isascii()
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(st.text(max_size=40))
def test_a_text_that_is_a_cursor_is_the_only_one_for_its_id(text: str) -> None:
    try:
        found = decode(text)
    except ValueError:
        return
    assert encode(found) == text


@given(st.uuids(), st.integers(0, 22), st.sampled_from("=AQ-_ é"))
def test_a_changed_cursor_is_refused_or_another_cursor(last: UUID, at: int, char: str) -> None:
    cursor = encode(last)
    changed = cursor[:at] + char + cursor[at + 1 :]
    if changed == cursor:
        return
    try:
        assert decode(changed) != last
    except ValueError:
        return


@given(st.uuids())
def test_padding_and_lengths_are_exact(last: UUID) -> None:
    for wrong in (encode(last) + "=", encode(last)[:-1], encode(last) + "A", ""):
        with pytest.raises(ValueError, match="no cursor of ours"):
            decode(wrong)


@given(st.lists(st.uuids(), max_size=12, unique=True), st.integers(1, 6))
def test_pages_hold_everything_once_and_in_order(ids: list[UUID], limit: int) -> None:
    rows = sorted(ids)
    shown: list[UUID] = []
    cursor: str | None = None
    while True:
        after = decode(cursor) if cursor else None
        found = [row for row in rows if after is None or row > after][: limit + 1]
        page = page_of(found, limit, lambda row: row)
        assert len(page.items) <= limit
        shown += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert shown == rows
