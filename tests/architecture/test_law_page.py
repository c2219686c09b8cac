"""The law page says what is there: its names exist, and whatever cites a source stands on it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from exchange.bootstrap.law import open_elementen, open_law, open_necessity
from exchange.policy.law import Parameters
from exchange.policy.rules import RULES
from tests.law_page import Row, Standing, rows

ROOT = Path(__file__).resolve().parents[2]
EVERY_ROW = pytest.mark.parametrize("row", rows(), ids=lambda row: row.article)
PLACE = re.compile(r"(?P<file>(?:exchange|adapters|schemas)/[\w./-]+)(?::(?P<name>\w+))?")
KINDS_OF_SOURCE = re.compile(
    r"(LPW|WOT|AVG|UAVG|Wabb) art\. [0-9]|36 663|Besluit verzuimmelding"
    r"|DUO|DESIGN|contract: |praktijk: |MD-MTSS"
)


@cache
def names_in(file: str) -> frozenset[str]:
    """Give every function, class and test that a file defines."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


def pieces(source: str) -> Iterator[str]:
    """Give the single sources of one that names several."""
    return (piece.strip() for piece in source.split(";"))


def cited() -> set[str]:
    """Give every source that a rule, a number, a clause, a list or an exclusion cites."""
    found = [rule.source for rules in RULES.values() for rule in rules]
    found += [entry.bron for entries in open_law().entries.values() for entry in entries]
    found += [required.bron for required in open_elementen().lists]
    for table in open_necessity().tables:
        found += [clause.grondslag for clause in table.clauses.values()]
        for exclusion in table.exclusions:
            (named,) = re.findall(r"\(([^)]*)\)$", exclusion.grond)
            found.append(named)
    return {piece for source in found for piece in pieces(source)}


@EVERY_ROW
def test_what_decides_and_what_proves_a_row_exists(row: Row) -> None:
    for place in row.decided_by:
        found = PLACE.fullmatch(place)
        assert found, place
        assert (ROOT / found["file"]).is_file(), place
        assert found["name"] is None or found["name"] in names_in(found["file"]), place
        assert found["file"].endswith(".toml") or found["name"], place
    for test in row.proved_by:
        file, _, name = test.partition("::")
        assert re.fullmatch(r"tests/[\w/]+/test_\w+\.py", file), test
        assert name.startswith("test_"), test
        assert name in names_in(file), test


@EVERY_ROW
def test_a_row_is_decided_and_proved_or_says_why_it_is_absent(row: Row) -> None:
    assert row.asks.endswith(".")
    absent = row.status is Standing.ABSENT
    assert bool(row.why) is absent
    assert bool(row.decided_by) is bool(row.proved_by) is not absent


def test_every_source_that_is_cited_stands_on_the_page_and_no_other() -> None:
    on_the_page = [source for row in rows() for source in row.sources]
    assert len(set(on_the_page)) == len(on_the_page)
    assert cited() - set(on_the_page) == set(), "cited, and not on the page"
    assert set(on_the_page) - cited() == set(), "on the page, and cited by nothing"


def test_every_rule_names_an_article_or_says_whose_choice_it_is() -> None:
    sources = [rule.source for rules in RULES.values() for rule in rules]
    assert sources
    for source in sources:
        for piece in pieces(source):
            assert KINDS_OF_SOURCE.match(piece), source


def test_an_article_stands_on_the_page_once() -> None:
    articles = [row.article for row in rows()]
    assert len(set(articles)) == len(articles)


def test_every_dated_number_decides_something() -> None:
    code = [
        path.read_text("utf-8")
        for path in (ROOT / "exchange").rglob("*.py")
        if path != ROOT / "exchange" / "policy" / "law.py"
    ]
    unread = {
        field.name
        for field in fields(Parameters)
        if not any(re.search(rf"\.{field.name}\b", text) for text in code)
    }
    assert unread == set()
