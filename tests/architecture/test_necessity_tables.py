"""The shipped necessity tables decide about everything; each change that leaves a gap stops us."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from exchange.errors import Fault
from exchange.messages.contracts import CONTRACTS
from exchange.messages.soort import Soort
from exchange.policy.necessity import (
    Kind,
    LegalStatus,
    Necessity,
    NecessityTable,
    Reach,
    read_necessity,
)
from exchange.policy.parties import RECIPIENT_ROLES, Role

FILES = sorted((Path(__file__).resolve().parents[2] / "schemas" / "necessity").glob("*.toml"))
DOCUMENTS = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in FILES}
TABLES = read_necessity(path.read_text("utf-8") for path in FILES).tables
Document = dict[str, Any]


def test_a_table_is_named_by_the_day_from_which_it_holds() -> None:
    assert [document["geldig_vanaf"] for document in DOCUMENTS.values()] == [
        date.fromisoformat(stem) for stem in DOCUMENTS
    ]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.geldig_vanaf))
def test_a_table_decides_about_every_member_for_every_role(table: NecessityTable) -> None:
    assert set(table.clauses) == {(soort, role) for soort in CONTRACTS for role in RECIPIENT_ROLES}
    for clause in table.clauses.values():
        assert set(clause.velden) == set(CONTRACTS[clause.soort].fields)
        for text in (clause.doel, clause.grondslag, clause.verantwoordelijke, clause.verwerker):
            assert text


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.geldig_vanaf))
def test_no_role_but_leerplicht_ever_gets_a_pupils_number(table: NecessityTable) -> None:
    for clause in table.clauses.values():
        kind = clause.velden["pgn"].kind if "pgn" in clause.velden else Kind.INGEHOUDEN
        assert clause.role is Role.LEERPLICHT or kind is Kind.INGEHOUDEN


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.geldig_vanaf))
def test_an_activity_names_one_clause_and_its_version(table: NecessityTable) -> None:
    activities = [clause.activiteit for clause in table.clauses.values()]
    assert len(set(activities)) == len(activities)
    for clause in table.clauses.values():
        assert clause.activiteit.startswith(f"{clause.id}/")


def test_a_signaal_is_not_law_yet() -> None:
    """Bill 36 663 is not in force: a clause that says ``geldend`` would open production to it."""
    for table in TABLES:
        for role in RECIPIENT_ROLES:
            assert table.clause(Soort.SIGNAAL, role).status is LegalStatus.VOORSTEL


Mutation = Callable[[Document], None]


def _clause(document: Document, number: int) -> Document:
    clause: Document = document["clausule"][number]
    return clause


def _mutations() -> Iterator[tuple[str, Mutation]]:
    """Give every way to leave out one decision, and every kind of decision that does not exist."""
    document = next(iter(DOCUMENTS.values()))
    for number, clause in enumerate(document["clausule"]):
        for name, mutate in (*_left_out(number, clause), *_made_up(number, clause)):
            yield f"{clause['id']}: {name}", mutate


def _left_out(number: int, clause: Document) -> Iterator[tuple[str, Mutation]]:
    yield "is not there", lambda d: d["clausule"].pop(number)
    yield "is there twice", lambda d: d["clausule"].append(_clause(d, number))
    for key in clause.keys() - {"toegevoegd"}:
        yield f"has no {key}", lambda d, k=key: _clause(d, number).pop(k)  # type: ignore[misc]  # a lambda with a default
    for veld, rule in clause["velden"].items():
        yield (
            f"decides nothing about {veld}",
            lambda d, v=veld: _clause(d, number)["velden"].pop(v),  # type: ignore[misc]  # a lambda with a default
        )
        if rule["soort"] in {"ingehouden", "afgeleid"}:
            bare = {"soort": rule["soort"]}
            yield f"gives no reason about {veld}", _setting(number, f"velden.{veld}", bare)


def _made_up(number: int, clause: Document) -> Iterator[tuple[str, Mutation]]:
    known = next(iter(clause["velden"]))
    for where, value in (
        ("velden.naam", {"soort": "doorgegeven"}),
        (f"velden.{known}", "zomaar"),
        (f"velden.{known}", {"soort": "misschien", "hoe": "x"}),
        ("toegevoegd.naam", "naam van de leerling"),
        ("rol", "jgz"),
        ("rol", "school"),
        ("bericht", "verwijzing"),
        ("bereik", "alles"),
        ("status", "misschien"),
    ):
        yield f"{where} {value}", _setting(number, where, value)
    if clause["bereik"] == "bericht":
        general = {"soort": "gegeneraliseerd", "hoe": "x"}
        yield "generalises in a sealed message", _setting(number, f"velden.{known}", general)
    else:
        passed = {"soort": "doorgegeven"}
        yield "passes on without a message", _setting(number, f"velden.{known}", passed)
        yield "adds without a message", _setting(number, "toegevoegd", {"berichtId": "x"})
    if "pgn" not in clause["velden"]:
        name = _setting(number, "toegevoegd.zaakreferentie", "x")
        yield "adds a pseudonym of nobody", name


def _setting(number: int, where: str, value: object) -> Mutation:
    def mutate(document: Document) -> None:
        place = _clause(document, number)
        *path, last = where.split(".")
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value

    return mutate


@pytest.mark.parametrize("mutate", [pytest.param(mutate, id=name) for name, mutate in _mutations()])
def test_a_table_that_leaves_something_open_is_not_loaded(mutate: Mutation) -> None:
    document = copy.deepcopy(next(iter(DOCUMENTS.values())))
    mutate(document)
    with pytest.raises(Fault):
        read_necessity([as_toml(document)])


def test_the_text_that_the_mutations_are_made_of_is_the_table_itself() -> None:
    document = next(iter(DOCUMENTS.values()))
    assert read_necessity([as_toml(document)]) == Necessity((TABLES[0],))


def test_no_table_and_two_of_one_day_are_refused() -> None:
    text = FILES[0].read_text("utf-8")
    for texts in ([], [text, text], ["x = "], ["geldig_vanaf = 2026-01-01"]):
        with pytest.raises(Fault):
            read_necessity(texts)


def test_only_leerplicht_is_ever_sent_a_message_about_a_pupil() -> None:
    for table in TABLES:
        for clause in table.clauses.values():
            assert clause.role is Role.LEERPLICHT or clause.reach is not Reach.BERICHT


def as_toml(document: Document) -> str:
    """Write a table back: only as much TOML as such a table needs."""
    lines = [f"geldig_vanaf = {document['geldig_vanaf'].isoformat()}"]
    for clause in document["clausule"]:
        lines.append("[[clausule]]")
        lines += [f"{k} = {_quoted(v)}" for k, v in clause.items() if isinstance(v, str)]
        for part in ("velden", "toegevoegd"):
            if part in clause:
                lines.append(f"[clausule.{part}]")
                lines += [f"{k} = {_value(v)}" for k, v in clause[part].items()]
    return "\n".join(lines)


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_quoted(v)}" for k, v in value.items()) + " }"
    return _quoted(value)


def _quoted(value: object) -> str:
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
