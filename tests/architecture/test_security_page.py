"""SECURITY.md proves what it says: every test that its threat table names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(
    r"^\| (.+?) \| (.+?) \| (.*?) \|$",
    (ROOT / "SECURITY.md")
    .read_text("utf-8")
    .split("Proven by |\n|---|---|---|\n")[1]
    .split("\n\n")[0],
    re.MULTILINE,
)
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_every_threat_names_tests_that_exist(row: tuple[str, str, str]) -> None:
    named = re.findall(r"`(\w+)`", row[2])
    assert named
    assert set(named) <= TESTS


def test_the_threat_table_is_read() -> None:
    assert len(ROWS) > 15
