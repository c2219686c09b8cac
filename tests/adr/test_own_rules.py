"""The OpenAPI document keeps our own rules, and each of them bites on its own."""

from __future__ import annotations

from copy import deepcopy

import pytest

from tests.adr.breaking import reduced
from tests.adr.broken_copies import BROKEN, Broken
from tests.adr.document_rules import RULES, findings
from tests.adr.walk import operations
from tests.generate import openapi

DOCUMENT = openapi()
PART = reduced(DOCUMENT)


@pytest.mark.parametrize("rule", RULES)
def test_the_document_keeps_our_own_rule(rule: str) -> None:
    assert sorted(RULES[rule](DOCUMENT)) == []


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_copy_is_noticed_by_its_own_rule_and_by_no_other(broken: Broken) -> None:
    copy = deepcopy(PART)
    broken.change(copy)
    assert {rule for rule, _ in findings(copy)} == {broken.ours}


def test_every_own_rule_has_a_broken_copy() -> None:
    assert {broken.ours for broken in BROKEN.values()} == set(RULES)


def test_the_rules_look_at_every_operation() -> None:
    bare = deepcopy(DOCUMENT)
    for operation in operations(bare):
        operation.content["responses"] = {"200": {"description": "Gelukt."}}
    found = {place for _, place in findings(bare)}
    assert {f"{one} 200" for one in operations(DOCUMENT)} <= found
