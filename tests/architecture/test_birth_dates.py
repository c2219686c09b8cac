"""Birth dates and names never travel: the sender's kit alone counts ages, no field is for one."""

from __future__ import annotations

import ast
import dataclasses
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from exchange import messages
from exchange.messages.contracts import CONTRACTS
from exchange.storage.figure_tables import releases
from tests.architecture.test_tables_on_one_screen import NAMES_OF_ORGANISATIONS

ROOT = Path(__file__).resolve().parents[2]
AGES = "exchange.policy.ages"
SENDERS_KIT = ("exchange/cli/submit.py", "exchange/sandbox/", "adapters/school_systems/")
"""Where a school's own side may run; the gateway itself is nowhere on this list."""

SMELLS = re.compile(
    "geboort|geboren|verjaar|leeftijd|birth|born|(?<![a-z])age(?![a-z])"
    "|naam|namen|name|voorletter|tussenvoegsel|initia"
)


def importers(module: str) -> set[str]:
    """Give the files that import ``module`` in whatever way, by their path in the repository."""
    return {
        path.relative_to(ROOT).as_posix()
        for package in ("exchange", "adapters")
        for path in (ROOT / package).rglob("*.py")
        if module in set(imported(path.read_text("utf-8")))
    }


def imported(source: str) -> Iterator[str]:
    """Give every module, and every name in one, that ``source`` imports anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_the_senders_kit_counts_ages() -> None:
    assert not [path for path in importers(AGES) if not path.startswith(SENDERS_KIT)]


def test_an_import_would_be_found() -> None:
    for source in (
        "import exchange.policy.ages",
        "from exchange.policy import ages",
        "def f():\n    from exchange.policy.ages import plicht_on",
    ):
        assert AGES in set(imported(source))
    assert "exchange/policy/signaal.py" in importers("exchange.policy.thresholds")


def members() -> set[str]:
    """Give every member of every dataclass in ``exchange.messages``, as ``Class.member``."""
    modules = [
        import_module(f"{messages.__name__}.{module.name}")
        for module in pkgutil.iter_modules(messages.__path__)
    ]
    return {
        f"{kind.__name__}.{field.name}"
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and dataclasses.is_dataclass(kind)
        for field in dataclasses.fields(kind)
    }


def smells(field: str) -> bool:
    """Whether a member or column is named like something that only a person has."""
    return SMELLS.search(field.rpartition(".")[2].lower()) is not None


def test_no_member_of_a_message_is_made_for_a_birth_date_or_a_name() -> None:
    found = members()
    for contract in CONTRACTS.values():
        model = contract.model.__name__
        assert {f"{model}.{name}" for name in contract.members.values()} <= found
    assert [member for member in sorted(found) if smells(member)] == []


def test_no_column_is_made_for_a_birth_date_or_a_name() -> None:
    columns = {
        f"{table.name}.{c.name}" for table in releases.metadata.sorted_tables for c in table.columns
    }
    assert {column for column in columns if smells(column)} == NAMES_OF_ORGANISATIONS


@pytest.mark.parametrize(
    "field",
    [
        "geboortedatum", "geboren_op", "birth_date", "dateOfBirth", "leeftijd", "age", "pupil_age",
        "naam", "achternaam", "voornamen", "roepnaam", "first_name", "voorletters", "initialen",
    ],
)  # fmt: skip
def test_such_a_field_would_be_found(field: str) -> None:
    assert smells(field)
    assert smells(f"Signaal.{field}")


@pytest.mark.parametrize("field", ["message", "ontvangen_op", "page", "lage_waarde", "bereik"])
def test_other_fields_are_left_alone(field: str) -> None:
    assert not smells(field)
