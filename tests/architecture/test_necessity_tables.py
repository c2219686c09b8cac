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
        assert clause.role is Role.LEERPLICHT or kind in {Kind.INGEHOUDEN, Kind.AFGELEID}


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


# --- exclusions: what no clause may ever say ---


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.geldig_vanaf))
def test_youth_health_care_is_excluded_from_the_pupils_number_by_name(
    table: NecessityTable,
) -> None:
    excluded = {e.ontvanger: e.velden for e in table.exclusions}
    assert "pgn" in excluded["jgz"]
    for role in (Role.OCW, Role.SWV, Role.COLLEGE):
        assert "pgn" in excluded[role.value]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.geldig_vanaf))
def test_the_minister_never_gets_a_member_about_a_pupil(table: NecessityTable) -> None:
    for clause in table.clauses.values():
        if clause.role is Role.OCW:
            kinds = {rule.kind for rule in clause.velden.values()}
            assert clause.reach is not Reach.BERICHT
            assert kinds <= {Kind.AFGELEID, Kind.INGEHOUDEN, Kind.ROUTE}


def _excluding() -> Iterator[tuple[str, Mutation]]:
    """Give every way to weaken the exclusions, and a clause that goes against each of them."""
    yield "has no exclusions", lambda d: d.pop("uitsluiting")
    yield "excludes nobody", lambda d: d.update(uitsluiting=[])
    for number, exclusion in enumerate(next(iter(DOCUMENTS.values()))["uitsluiting"]):
        name = exclusion["ontvanger"]
        for key, value in (
            ("ontvanger", "iemand"), ("ontvanger", ""), ("velden", []), ("velden", ["nummer"]),
            ("velden", [*exclusion["velden"], "png"]), ("grond", ""),
        ):  # fmt: skip
            yield (
                f"excludes {name} by {key} {value}",
                lambda d, n=number, k=key, v=value: d["uitsluiting"][n].update({k: v}),  # type: ignore[misc]  # a lambda with defaults
            )
        for key in exclusion:
            yield (
                f"excludes {name} without {key}",
                lambda d, n=number, k=key: d["uitsluiting"][n].pop(k),  # type: ignore[misc]  # a lambda with defaults
            )


@pytest.mark.parametrize("mutate", [pytest.param(mutate, id=name) for name, mutate in _excluding()])
def test_an_exclusion_that_excludes_nothing_is_not_loaded(mutate: Mutation) -> None:
    document = copy.deepcopy(next(iter(DOCUMENTS.values())))
    mutate(document)
    with pytest.raises(Fault):
        read_necessity([as_toml(document)])


@pytest.mark.parametrize("kind", [Kind.DOORGEGEVEN, Kind.GEGENERALISEERD])
@pytest.mark.parametrize("role", [Role.OCW, Role.SWV, Role.COLLEGE, Role.LEERPLICHT])
def test_a_clause_that_passes_an_excluded_member_is_not_loaded(role: Role, kind: Kind) -> None:
    """Even where the table would otherwise be whole: the clause itself is a lawful one."""
    document = copy.deepcopy(next(iter(DOCUMENTS.values())))
    number = next(
        n
        for n, clause in enumerate(document["clausule"])
        if (clause["bericht"], clause["rol"]) == ("signaal", role.value)
    )
    clause = _clause(document, number)
    passing = {"soort": kind.value, "hoe": "per gemeente"}
    clause["bereik"] = "bericht" if kind is Kind.DOORGEGEVEN else "cijfers"
    clause["velden"] = {name: {"soort": "ingehouden", "hoe": "x"} for name in clause["velden"]} | {
        "plicht": passing
    }
    clause.pop("toegevoegd", None)
    exclusions = document["uitsluiting"]
    document["uitsluiting"] = [e for e in exclusions if e["ontvanger"] == "jgz"]
    read_necessity([as_toml(document)])
    document["uitsluiting"] += [{"ontvanger": role.value, "velden": ["plicht"], "grond": "g"}]
    with pytest.raises(Fault) as fault:
        read_necessity([as_toml(document)])
    assert clause["id"] in fault.value.facts["rule"]


def test_an_excluded_member_may_still_be_counted() -> None:
    """A number of pupils is made from the PGN; the exclusion is of handing it over."""
    for table in TABLES:
        rule = table.clause(Soort.VERZUIMREGISTRATIES, Role.OCW).velden["pgn"]
        assert rule.kind is Kind.AFGELEID


def test_youth_health_care_can_have_no_clause() -> None:
    document = copy.deepcopy(next(iter(DOCUMENTS.values())))
    document["clausule"].append({**_clause(document, 0), "rol": "jgz"})
    with pytest.raises(Fault):
        read_necessity([as_toml(document)])


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
    for exclusion in document.get("uitsluiting", ()):
        lines.append("[[uitsluiting]]")
        lines += [f"{k} = {_value(v)}" for k, v in exclusion.items()]
    return "\n".join(lines)


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_quoted(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_quoted, value)) + "]"
    return _quoted(value)


def _quoted(value: object) -> str:
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
