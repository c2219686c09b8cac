"""Each decision is one page, numbered, dated and with a status."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ADRS = sorted((Path(__file__).resolve().parents[2] / "docs" / "adr").glob("*.md"))
_LONGEST = 60


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(page.name.partition("-")[0]) for page in ADRS]
    assert numbers == list(range(1, len(ADRS) + 1))


@pytest.mark.parametrize("page", ADRS, ids=lambda page: page.stem)
def test_a_decision_has_a_status_and_a_date_and_fits_one_page(page: Path) -> None:
    lines = page.read_text("utf-8").splitlines()
    number = page.name.partition("-")[0]
    assert re.fullmatch(rf"# {number} \S.+", lines[0])
    statuses = [line for line in lines if line.startswith("Status:")]
    assert len(statuses) == 1
    assert re.fullmatch(
        r"Status: (proposed|accepted|rejected|superseded by \d{4}), \d{4}-\d\d-\d\d", statuses[0]
    )
    assert len(lines) <= _LONGEST
