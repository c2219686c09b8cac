"""How the tables read as JSON: the one in force, its history, and only what is enforced."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from exchange.policy.necessity import Mode, Necessity
from exchange.policy.publication import publication, table_document
from tests.pure import TABLE

DAY = timedelta(days=1)
FIRST, SECOND, THIRD = date(2025, 8, 1), date(2026, 8, 1), date(2027, 8, 1)
NECESSITY = Necessity(tuple(replace(TABLE, geldig_vanaf=day) for day in (FIRST, SECOND, THIRD)))


@pytest.mark.parametrize(
    ("today", "table", "history", "announced"),
    [
        (FIRST - DAY, None, [], [FIRST, SECOND, THIRD]),
        (FIRST, FIRST, [], [SECOND, THIRD]),
        (THIRD - DAY, SECOND, [FIRST], [THIRD]),
        (THIRD, THIRD, [SECOND, FIRST], []),
    ],
)
def test_every_table_stands_in_its_place(
    today: date, table: date | None, history: list[date], announced: list[date]
) -> None:
    document = publication(NECESSITY, today, Mode.TRIAL)
    assert document["peildatum"] == today.isoformat()
    shown = document["tabel"] and document["tabel"]["geldigVanaf"]
    assert shown == (table and table.isoformat())
    for part, days in (("geschiedenis", history), ("aangekondigd", announced)):
        assert [t["geldigVanaf"] for t in document[part]] == [day.isoformat() for day in days]


def test_a_table_ends_the_day_before_the_next_begins() -> None:
    document = publication(NECESSITY, SECOND, Mode.TRIAL)
    assert document["geschiedenis"][0]["geldigTot"] == "2026-07-31"
    assert document["tabel"]["geldigTot"] == "2027-07-31"
    assert document["aangekondigd"][0]["geldigTot"] is None


@pytest.mark.parametrize("mode", list(Mode))
def test_a_table_says_everything_that_is_enforced_and_nothing_else(mode: Mode) -> None:
    document = json.loads(json.dumps(table_document(TABLE, mode)))
    clauses = {clause["id"]: clause for clause in document["clausules"]}
    assert len(clauses) == len(TABLE.clauses)
    for clause in TABLE.enforced(mode):
        shown = clauses[clause.id]
        assert (shown["bericht"], shown["rol"]) == (clause.soort.value, clause.role.value)
        assert (shown["bereik"], shown["status"]) == (clause.reach.value, clause.status.value)
        assert shown["grondslag"] == clause.grondslag
        assert shown["toegevoegd"] == dict(clause.toegevoegd)
        assert {n: (r["soort"], r["hoe"]) for n, r in shown["velden"].items()} == {
            n: (rule.kind.value, rule.how) for n, rule in clause.velden.items()
        }
    excluded = {e["ontvanger"]: (set(e["velden"]), e["grond"]) for e in document["uitsluitingen"]}
    assert excluded == {e.ontvanger: (set(e.velden), e.grond) for e in TABLE.exclusions}
