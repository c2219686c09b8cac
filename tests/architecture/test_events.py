"""What may be logged is a closed list, and every line in the code keeps to it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.telemetry import events
from exchange.telemetry.events import CATALOGUE, REQUEST, STARTED, Event, Strictness, emit

ROOT = Path(__file__).resolve().parents[2]
KNOWN: dict[str, Event] = {
    name: value for name, value in vars(events).items() if isinstance(value, Event)
}
PERSONAL = ("pgn", "bsn", "naam", "email", "reden", "criterium", "body", "query", "path", "url")


def test_the_whole_run_is_strict() -> None:
    assert Strictness.raises
    with pytest.raises(ValueError, match="started"):
        emit(STARTED, part="x", version="1", mode="proef", geheim="y")


def test_elsewhere_a_field_that_is_not_listed_is_dropped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Strictness.raises = False
    try:
        emit(STARTED, part="gateway", geheim="999970001")
    finally:
        Strictness.raises = True
    said = capsys.readouterr().out
    assert "gateway" in said
    assert "geheim" not in said
    assert "999970001" not in said


def test_the_catalogue_holds_every_event_once() -> None:
    assert set(CATALOGUE) == set(KNOWN.values())
    assert len({event.name for event in CATALOGUE}) == len(CATALOGUE) == len(KNOWN)


@pytest.mark.parametrize("event", CATALOGUE, ids=lambda event: event.name)
def test_no_event_has_a_field_for_a_personal_value(event: Event) -> None:
    assert not [field for field in event.fields for word in PERSONAL if word in field.split("_")]


def test_every_line_in_the_code_carries_listed_fields_only() -> None:
    found = list(_emitted())
    assert any(event is REQUEST for event, *_ in found)
    for event, fields, where in found:
        assert fields <= event.fields, where


def _emitted() -> Iterator[tuple[Event, set[str], str]]:
    for package in ("exchange", "adapters"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == "emit"
                    and isinstance(node.args[0], ast.Name)
                    and node.args[0].id in KNOWN
                ):
                    fields = {keyword.arg or "**" for keyword in node.keywords}
                    yield KNOWN[node.args[0].id], fields, f"{path}:{node.lineno}"
