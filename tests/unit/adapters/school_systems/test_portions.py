"""What one request holds, in this run and after a resume."""

from __future__ import annotations

import pytest

from adapters.school_systems import portions as cutting
from adapters.school_systems.entry import Entry
from adapters.school_systems.portions import MOST_BYTES, Portion, portions


def entries(*lines: int, body: bytes = b"{}") -> list[Entry]:
    return [Entry(line, body) for line in lines]


def cut(found: list[Entry], most: int = 2, ends: tuple[int, ...] = ()) -> list[list[int]]:
    return [[one.line for one in portion.entries] for portion in portions(found, most, ends)]


def test_a_portion_holds_no_more_lines_than_a_receipt_can_name() -> None:
    assert cut(entries(2, 3, 5, 6, 9)) == [[2, 3], [5, 6], [9]]
    assert cutting.MOST_LINES <= 1_000


def test_a_portion_holds_no_more_than_eight_mebibytes() -> None:
    large = entries(1, 2, 3, body=b"x" * (MOST_BYTES // 2 - 1))
    made = list(portions(large, 1_000))
    assert [len(portion.entries) for portion in made] == [2, 1]
    assert all(len(portion.body) <= MOST_BYTES for portion in made)


def test_one_line_that_is_larger_travels_alone() -> None:
    assert cut(entries(1, 2, body=b"x" * (MOST_BYTES + 1)), most=9) == [[1], [2]]


def test_a_resumed_run_cuts_where_the_earlier_one_did() -> None:
    lines = entries(*range(1, 8))
    assert cut(lines, most=2, ends=(3, 4)) == [[1, 2, 3], [4], [5, 6], [7]]
    assert cut(lines, most=2, ends=(7,)) == [[1, 2, 3, 4, 5, 6, 7]]


def test_nothing_is_no_portion() -> None:
    assert cut([]) == []


@pytest.mark.parametrize(("number", "line"), [(1, 4), (2, 8), (0, 4), (3, 4), (-1, 4)])
def test_a_line_of_the_body_is_told_as_one_of_the_file(number: int, line: int) -> None:
    assert Portion(tuple(entries(4, 8))).input_line(number) == line


def test_the_body_is_one_line_for_each_entry() -> None:
    assert Portion(tuple(entries(4, 8))).body == b"{}\n{}\n"
