"""``exchange policy show``: the table as it is written, with what no clause may ever say."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from exchange.cli.policy import app
from tests.pure import TABLE


def show(*options: str) -> str:
    found = CliRunner().invoke(
        app, ["show", "--day", "2026-11-18", *options], env={"COLUMNS": "200"}
    )
    assert found.exit_code == 0, found.output
    return found.stdout


def test_prints_every_clause_and_every_exclusion() -> None:
    text = show()
    for clause in TABLE.clauses.values():
        assert f"{clause.soort.value} → {clause.role.value} ({clause.status.value})" in text
    _, _, excluded = text.partition("nooit, in welke clausule ook")
    rows = [line for line in excluded.splitlines() if line.count("│") == 4]
    named = {row.split("│")[1].strip() for row in rows} - {""}
    assert named == {exclusion.ontvanger for exclusion in TABLE.exclusions}
    assert "pgn" in next(row for row in rows if "jgz" in row)


def test_gives_the_same_as_json() -> None:
    document = json.loads(show("--json"))
    assert document["geldigVanaf"] == TABLE.geldig_vanaf.isoformat()
    assert {clause["id"] for clause in document["clausules"]} == {
        clause.id for clause in TABLE.clauses.values()
    }
    assert {e["ontvanger"]: set(e["velden"]) for e in document["uitsluitingen"]} == {
        e.ontvanger: e.velden for e in TABLE.exclusions
    }
