"""Every table has exactly one retention rule, and every rule has who carries it out and proof."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from pathlib import Path

import pytest

from exchange.bootstrap import workers
from exchange.bootstrap.law import open_activities, open_stores
from exchange.policy.stores import Store, watched
from exchange.storage.model import metadata
from exchange.storage.terms import FORGOTTEN, WATCHED

ROOT = Path(__file__).resolve().parents[2]
STORES = open_stores()
BY_TABLE = {store.table: store for store in STORES}
ENDING = [store for store in STORES if store.ends]


@cache
def names_in(file: Path) -> frozenset[str]:
    """Give every function and class that a file defines."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    tree = ast.parse(file.read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


def test_every_table_has_exactly_one_rule() -> None:
    assert sorted(store.table for store in STORES) == sorted(metadata.tables)


@pytest.mark.parametrize("store", ENDING, ids=lambda store: store.table)
def test_who_carries_a_rule_out_runs_and_what_proves_it_exists(store: Store) -> None:
    assert store.deleted_by is not None
    file, _, name = store.deleted_by.partition(":")
    assert name in names_in(ROOT / "exchange" / "workers" / file)
    assert f"{name}(" in inspect.getsource(workers.run_workers)
    for proof in store.proved_by:
        file, _, name = proof.partition("::")
        (found,) = (ROOT / "tests").rglob(file)
        assert name in names_in(found), proof


def test_what_goes_with_another_table_is_deleted_by_the_database_with_it() -> None:
    for store in STORES:
        if store.goes_with:
            parents = {
                key.column.table.name: key.ondelete
                for key in metadata.tables[store.table].foreign_keys
            }
            assert parents.get(store.goes_with) == "CASCADE", store.table


def test_the_watch_looks_at_every_rule_with_an_end() -> None:
    assert set(watched(STORES)) == WATCHED
    assert set(FORGOTTEN) <= WATCHED


def test_the_register_of_processing_names_the_same_terms() -> None:
    """It tells people what the workers do: a number that stands there is the one they go by."""
    (*_, frame) = open_activities().frames
    for table, told in frame.bewaarplaats.items():
        rule = BY_TABLE[table]
        with_parent = BY_TABLE[rule.goes_with].term if rule.goes_with else None
        assert told.getal in {rule.term, with_parent}, table
        assert told.termijn.startswith("blijft") is bool(rule.stays), table
