"""The register of processing says what the gateway enforces, member by member, and nothing else."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from exchange.accountability.register import Activity, Handling, Register, register
from exchange.bootstrap.law import open_activities, open_law, open_necessity
from exchange.errors import Fault
from exchange.policy.activities import Activities, read_activities
from exchange.policy.necessity import (
    Clause,
    Kind,
    LegalStatus,
    Mode,
    Necessity,
    NecessityTable,
)
from exchange.storage.model import metadata

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "schemas"
OWN = SCHEMAS / "processing_activities.toml"
TODAY = datetime.now(UTC).date()
LATER = date(2027, 8, 1)
Document = dict[str, Any]

DOCUMENTS = [
    tomllib.loads(path.read_text("utf-8"))
    for path in sorted((SCHEMAS / "necessity").glob("*.toml"))
]
CLAUSES = [clause for document in DOCUMENTS for clause in document["clausule"]]
NECESSITY, ACTIVITIES = open_necessity(), open_activities()
REGISTER = register(NECESSITY, ACTIVITIES, Mode.TRIAL)


def find(name: str, within: Register = REGISTER) -> Activity:
    activity = within.find(name)
    assert activity is not None, name
    return activity


# --- the necessity tables ---


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause["activiteit"])
def test_a_clause_and_its_activity_say_the_same_of_every_member(clause: Document) -> None:
    """Read past our own reader: the data on one side, what the register says on the other."""
    activity = find(clause["activiteit"])
    expected = {n: (r["soort"], r.get("hoe", "")) for n, r in clause["velden"].items()}
    expected |= {n: ("toegevoegd", how) for n, how in clause.get("toegevoegd", {}).items()}
    said = {d.naam: (d.behandeling.value, d.toelichting) for d in activity.gegevens}
    assert said == expected
    assert len(activity.gegevens) == len(expected)
    assert activity.stream is not None
    assert (
        activity.stream.soort,
        activity.stream.role,
        activity.stream.reach,
        activity.doel,
        activity.grondslag,
        activity.status,
        activity.verantwoordelijke,
        activity.verwerker,
    ) == tuple(
        clause[name]
        for name in (
            "bericht", "rol", "bereik", "doelomschrijving", "grondslag", "status",
            "verantwoordelijke", "verwerker",
        )
    )  # fmt: skip
    assert bool(activity.ontvangers) is (clause["bereik"] != "geen")


def test_every_activity_is_a_clause_or_one_of_our_own_and_each_stands_there_once() -> None:
    clauses = {clause["activiteit"] for clause in CLAUSES}
    own = {activity.name for activity in ACTIVITIES.own}
    assert Counter(a.id for a in REGISTER.activities) == Counter([*clauses, *own])


def _changes(clause: Clause) -> Iterator[Clause]:
    """Give the clause with each of its texts and each of its decisions changed in turn."""
    for name in ("doelomschrijving", "grondslag", "verantwoordelijke", "verwerker"):
        yield replace(clause, **{name: "iets anders"})  # type: ignore[arg-type]  # all are texts
    other = {LegalStatus.GELDEND: LegalStatus.VOORSTEL, LegalStatus.VOORSTEL: LegalStatus.GELDEND}
    yield replace(clause, status=other[clause.status])
    for name, rule in clause.velden.items():
        for changed in (replace(rule, kind=k) for k in Kind if k is not rule.kind):
            yield replace(clause, velden={**clause.velden, name: changed})
        yield replace(clause, velden={**clause.velden, name: replace(rule, how="een andere reden")})
        yield replace(clause, velden={n: r for n, r in clause.velden.items() if n != name})
    for name in clause.toegevoegd:
        yield replace(clause, toegevoegd={**clause.toegevoegd, name: "iets anders"})


def _with(clause: Clause, day: date | None = None) -> NecessityTable:
    """Give the newest table with one clause in the place of what it said."""
    table = NECESSITY.tables[-1]
    clauses = {**table.clauses, (clause.soort, clause.role): clause}
    return replace(table, clauses=clauses, geldig_vanaf=day or table.geldig_vanaf)


NEWEST = list(NECESSITY.tables[-1].clauses.values())
EVERY_CLAUSE = pytest.mark.parametrize("clause", NEWEST, ids=lambda clause: clause.activiteit)


@EVERY_CLAUSE
def test_whatever_changes_in_a_table_changes_the_register(clause: Clause) -> None:
    others = [a for a in REGISTER.activities if a.id != clause.activiteit]
    for changed in _changes(clause):
        tables = Necessity((*NECESSITY.tables[:-1], _with(changed)))
        found = register(tables, ACTIVITIES, Mode.TRIAL)
        assert find(clause.activiteit, found) != find(clause.activiteit)
        assert [a for a in found.activities if a.id != clause.activiteit] == others


@EVERY_CLAUSE
def test_a_change_under_the_same_version_stops_the_register(clause: Clause) -> None:
    """Records carry the name of a version: it can never come to mean something else."""
    for changed in _changes(clause):
        with pytest.raises(Fault):
            register(_announcing(_with(changed, LATER)), ACTIVITIES, Mode.TRIAL)


def test_an_announced_table_that_says_the_same_changes_nothing() -> None:
    assert register(_announcing(_with(NEWEST[0], LATER)), ACTIVITIES, Mode.TRIAL) == REGISTER


def test_a_new_version_ends_the_old_one_and_both_are_found() -> None:
    renewed = replace(NEWEST[0], activiteit="signaal-leerplicht/2", grondslag="een nieuwe wet")
    found = register(_announcing(_with(renewed, LATER)), ACTIVITIES, Mode.TRIAL)
    old, new = find("signaal-leerplicht/1", found), find("signaal-leerplicht/2", found)
    assert (old.geldig_tot, new.geldig_vanaf) == (LATER - timedelta(days=1), LATER)
    assert (old.holds_on(LATER), new.holds_on(LATER)) == (False, True)
    assert replace(old, geldig_tot=None) == find("signaal-leerplicht/1")
    assert (found.before(LATER), found.after(LATER)) == ((old,), ())
    assert found.after(LATER - timedelta(days=1)) == (new,)
    assert all(find(a.id, found) == a for a in REGISTER.activities if a.id != old.id)


def test_a_version_that_ended_does_not_come_back() -> None:
    renewed = _with(replace(NEWEST[0], activiteit="signaal-leerplicht/2"), LATER)
    back = _with(NEWEST[0], LATER + timedelta(days=365))
    with pytest.raises(Fault):
        register(Necessity((*NECESSITY.tables, renewed, back)), ACTIVITIES, Mode.TRIAL)


def test_a_changed_measure_or_term_is_a_new_version_too() -> None:
    frame = replace(ACTIVITIES.frames[-1], maatregelen=("iets anders",), geldig_vanaf=LATER)
    with pytest.raises(Fault):
        register(NECESSITY, replace(ACTIVITIES, frames=(*ACTIVITIES.frames, frame)), Mode.TRIAL)


def test_production_says_that_every_member_of_a_proposal_is_withheld() -> None:
    production = register(NECESSITY, ACTIVITIES, Mode.PRODUCTION)
    proposals = [c["activiteit"] for c in CLAUSES if c["status"] == "voorstel"]
    assert proposals
    for name in proposals:
        activity = find(name, production)
        assert {d.behandeling for d in activity.gegevens} == {Handling.INGEHOUDEN}
        assert (activity.toegepast, activity.ontvangers) == (False, ())
    for clause in CLAUSES:
        if clause["status"] == "geldend":
            assert find(clause["activiteit"], production) == find(clause["activiteit"])


def _announcing(table: NecessityTable) -> Necessity:
    return Necessity((*NECESSITY.tables, table))


# --- what is no message ---

LOOKS_LIKE_ONE = re.compile(r"[a-z]+(-[a-z]+)*/[0-9]+")
NO_ACTIVITY = {"vx-verbintenis/1", "vx-boom/1"}
"""Kinds of commitment to a pupil in a record (dpl.core.data_subject_id_type)."""


@cache
def spelled() -> Counter[str]:
    """Give every activity that the code names, and how many files spell it."""
    found: Counter[str] = Counter()
    for folder in ("exchange", "adapters"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
            found.update(
                text
                for text in texts - NO_ACTIVITY
                if isinstance(text, str) and LOOKS_LIKE_ONE.fullmatch(text)
            )
    return found


def test_every_activity_that_code_can_log_is_in_the_register_today() -> None:
    in_force = {activity.id for activity in REGISTER.on(TODAY)}
    assert set(spelled()) - in_force == set()


def test_no_activity_in_the_register_is_unused() -> None:
    """A clause is used by being enforced; one of our own, by code that names it."""
    standing = {a.id for a in REGISTER.on(TODAY) if a.stream is None}
    assert standing - set(spelled()) == set()


def test_an_activity_is_spelled_in_one_place() -> None:
    assert {name for name, files in spelled().items() if files > 1} == set()


# --- the data itself ---


def test_every_store_is_a_table_and_every_term_a_number_of_the_law() -> None:
    for frame in ACTIVITIES.frames:
        assert set(frame.bewaarplaats) <= set(metadata.tables)
        terms = {store.getal for store in frame.bewaarplaats.values()} - {None}
        assert terms <= set(open_law().entries)


def test_a_store_has_the_term_that_is_carried_out() -> None:
    """``schemas/retention.toml`` is what the workers are tested against."""
    carried_out = tomllib.loads((SCHEMAS / "retention.toml").read_text("utf-8"))
    for name, store in ACTIVITIES.frames[-1].bewaarplaats.items():
        row = carried_out[name]
        if "term" not in row and "with" in row:
            row = carried_out[row["with"]]
        assert store.getal == row.get("term"), name


def test_the_dpia_annex_that_it_names_exists() -> None:
    for frame in ACTIVITIES.frames:
        assert (ROOT / frame.dpia).is_file()


def own(text: str) -> Activities:
    return read_activities(text)


def _without(pattern: str, replacement: str = "") -> str:
    text, times = re.subn(
        pattern, replacement, OWN.read_text("utf-8"), count=1, flags=re.DOTALL | re.MULTILINE
    )
    assert times == 1, pattern
    return text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("kader = []\nactiviteit = []", id="no frame"),
        pytest.param(_without(r"^\[kader\.bericht\.signaal\]\n.*?\n\n"), id="a message left out"),
        pytest.param(_without(r"^\[kader\.rol\.swv\]\n.*?\n\n"), id="a recipient left out"),
        pytest.param(_without(r"^\[kader\.bereik\.geen\]\n.*?\n\n"), id="a reach left out"),
        pytest.param(_without(r"^outbox = .*?\n"), id="a store left out"),
        pytest.param(_without(r"\[kader\.rol\.swv\]", "[kader.rol.jgz]"), id="a strange recipient"),
        pytest.param(_without(r'^doel = ".*?"\n'), id="no purpose"),
        pytest.param(_without(r'^doel = ".*?"\n', 'doel = ""\n'), id="an empty purpose"),
        pytest.param(_without(r'^doel = ', 'doelen = '), id="an unknown member"),
        pytest.param(_without(r"^versie = 1", "versie = 2"), id="no first version"),
        pytest.param(_without(r'"zoveel dagen"', '"90 dagen"'), id="a number in words"),
        pytest.param(_without(r'"het schooljaar van'), id="broken"),
        pytest.param(_without(r"^geldig_vanaf = 2025-08-01", 'geldig_vanaf = "x"'), id="no day"),
        pytest.param(_without(r'^id = "leveringen"', 'id = "Leveringen"'), id="a strange name"),
    ],
)  # fmt: skip
def test_a_register_that_leaves_something_open_is_not_loaded(text: str) -> None:
    with pytest.raises(Fault):
        own(text)


def test_a_register_that_is_younger_than_the_tables_is_refused() -> None:
    late = OWN.read_text("utf-8").replace("2025-08-01", "2026-01-01")
    with pytest.raises(Fault):
        register(NECESSITY, own(late), Mode.TRIAL)
