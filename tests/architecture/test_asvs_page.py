"""docs/asvs.md stands for every requirement once, and names tests and pages that exist."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "asvs.md").read_text("utf-8")
ROWS = re.findall(r"^\| ([0-9][0-9., ]*) \| (.+?) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))
}

_LAST = """
    1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2
    4.1:3 4.2:1 4.3:2 4.4:4 5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3
    6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:4 8.2:4 8.3:3 8.4:2 9.1:3 9.2:4 10.1:2
    10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1
    12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:8 14.3:3 15.1:3 15.2:3
    15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:4 17.1:1 17.2:4 17.3:2
"""
"""Of each section the last requirement of level 2, of V8, V14 and V16 of level 3 (ASVS 5.0.0)."""

STANDS = ("met", "partly", "not met", "n/a")


def _ids(cell: str) -> list[str]:
    return cell.split(", ")


def test_every_requirement_stands_here_once() -> None:
    sections = [pair.split(":") for pair in _LAST.split()]
    wanted = Counter(f"{s}.{n}" for s, last in sections for n in range(1, int(last) + 1))
    assert wanted.total() == 264
    assert Counter(one for cell, *_ in ROWS for one in _ids(cell)) == wanted


def test_the_counts_are_right() -> None:
    counted = Counter(dict.fromkeys(STANDS, 0))
    for cell, _, stands, _ in ROWS:
        counted[stands] += len(_ids(cell))
    assert tuple(counted) == STANDS
    told = ", ".join(f"{counted[stands]} {stands}" for stands in STANDS)
    assert f"Of 264 requirements: {told}." in PAGE


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_test_and_page_that_a_requirement_names_exists(row: tuple[str, ...]) -> None:
    how = row[3]
    assert set(re.findall(r"`(test_\w+)`", how)) <= TESTS
    for link in re.findall(r"\]\(([^)]+)\)", how):
        assert (ROOT / "docs" / link).resolve().exists(), link
    assert row[2] == "met" or len(how) > 4  # what is not met says why


def test_nearly_all_that_is_met_is_shown_by_a_test() -> None:
    met = [how for _, _, stands, how in ROWS if stands == "met"]
    assert sum("`test_" in how for how in met) > 0.8 * len(met)
