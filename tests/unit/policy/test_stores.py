"""The retention rules as data: whole, or the workers do not start."""

from __future__ import annotations

import pytest

from exchange.bootstrap.law import SCHEMAS, open_law, open_stores
from exchange.errors import Fault
from exchange.policy.stores import read_stores, watched

TERMS = open_law().entries.keys()
TEXT = (SCHEMAS / "retention.toml").read_text("utf-8")
WHOLE = """
[one]
holds = "rows"
term = "idempotentie_dagen"
from = "the answer"
deleted_by = "purger.py:Purger"
proved_by = ["test_one.py::test_one"]

[two]
holds = "rows of one"
with = "one"

[three]
holds = "rows"
stays = "nothing about anybody"
"""


def test_a_rule_says_when_rows_go_or_why_they_stay() -> None:
    one, two, three = read_stores(WHOLE, TERMS)
    assert (one.term, one.begins, one.ends) == ("idempotentie_dagen", "the answer", True)
    assert (two.goes_with, two.ends) == ("one", False)
    assert (three.stays, three.ends) == ("nothing about anybody", False)
    assert watched((one, two, three)) == ("one",)


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ('term = "idempotentie_dagen"', 'term = "onbekend_dagen"'),
        ('term = "idempotentie_dagen"', ""),
        ('from = "the answer"', ""),
        ('deleted_by = "purger.py:Purger"', ""),
        ('proved_by = ["test_one.py::test_one"]', ""),
        ('from = "the answer"', 'from = "the answer"\nuntil = "the moment"'),
        ('from = "the answer"', 'from = "the answer"\nstays = "as well"'),
        ('with = "one"', 'with = "four"'),
        ('with = "one"', 'with = "two"'),
        ('with = "one"', ""),
        ('with = "one"', 'with = "one"\nstays = "as well"'),
        ('stays = "nothing about anybody"', 'stays = ""'),
        ('holds = "rows of one"', ""),
        ('holds = "rows of one"', 'holds = "rows of one"\nsince = "ever"'),
        ("[three]", "three"),
    ],
)
def test_half_a_rule_is_refused(part: str, instead: str) -> None:
    assert part in WHOLE
    with pytest.raises(Fault):
        read_stores(WHOLE.replace(part, instead, 1), TERMS)


def test_the_rules_are_read_in_their_order() -> None:
    tables = [store.table for store in open_stores()]
    assert [f"[{table}]" for table in tables] == [
        line for line in TEXT.splitlines() if line.startswith("[")
    ]
