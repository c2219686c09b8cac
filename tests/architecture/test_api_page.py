"""``docs/api.md`` names every rule of the NL API Design Rules 2.2 once, with tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from exchange.api import API_VERSION

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
ROWS = re.findall(
    r"^\| `([a-z/-]+)` \| (.+?) \| (.+?) \|$",
    PAGE.split("| Rule | How it is met | Proven by |\n|---|---|---|\n")[1].split("\n\n")[0],
    re.MULTILINE,
)
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))
}
RULES = {
    "naming-resources",
    "naming-collections",
    "interface-language",
    "no-trailing-slash",
    "path-segments-kebab-case",
    "query-keys-camel-case",
    "hide-implementation",
    "date-time/format",
    "date-time/timezone",
    "date-time/date-omit-time-portion",
    "http-methods",
    "http-safety",
    "http-response-code",
    "stateless",
    "nested-child",
    "resource-operations",
    "error-handling/problem-details",
    "error-handling/invalid-input",
    "error-handling/all-errors",
    "doc-openapi",
    "doc-openapi-contact",
    "doc-language",
    "publish-openapi",
    "deprecation-schedule",
    "transition-period",
    "changelog",
    "uri-version",
    "semver",
    "version-header",
    "transport/tls",
    "transport/no-sensitive-uris",
    "transport/security-headers",
    "transport/cors",
    "modules/geospatial",
    "modules/signing",
    "modules/encryption",
}
JUDGED = {
    "nested-child",
    "resource-operations",
    "doc-language",
    "deprecation-schedule",
    "transition-period",
    "modules/geospatial",
}
"""Of these no test can tell: a person looked."""


def test_every_rule_of_the_design_rules_stands_on_the_page_once() -> None:
    assert sorted(rule for rule, _, _ in ROWS) == sorted(RULES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_rule_names_tests_that_exist_or_was_judged(row: tuple[str, str, str]) -> None:
    rule, _, proof = row
    named = set(re.findall(r"`(test_\w+)`", proof))
    assert named <= TESTS
    assert (proof == "judged") is (rule in JUDGED)
    assert named or rule in JUDGED


def test_every_other_test_on_the_page_exists() -> None:
    assert set(re.findall(r"`(test_\w+)`", PAGE)) <= TESTS


def test_every_page_that_it_points_to_exists() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / link).is_file(), link


def test_the_changelog_names_the_version_of_the_api() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^### API {re.escape(API_VERSION)}\b", changelog, re.MULTILINE)
