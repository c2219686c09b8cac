"""Makes the mutants: the law's data, each time with one number, date or row a step away from it."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from exchange.policy.necessity import Kind, LegalStatus, Reach
from tests.mutation.toml import as_toml

Document = dict[str, Any]
Edit = Callable[[Document], object]
Edits = Iterator[tuple[str, Edit]]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One file of the tree with one thing in it changed; ``what`` says which."""

    file: str
    what: str
    text: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A file of the law, how to change it, and the tests that have to notice.

    ``tests`` run in this order and the first that fails is named: what judges by behaviour stands
    before what was only written down twice.
    """

    file: str
    edits: Callable[[Document], Edits]
    tests: tuple[str, ...]


def mutants_of(subject: Subject, root: Path) -> Iterator[Mutant]:
    """Give every mutant of one file; a change that changes nothing is a mistake here."""
    document = tomllib.loads((root / subject.file).read_text("utf-8"))
    for what, edit in subject.edits(document):
        changed = copy.deepcopy(document)
        edit(changed)
        if changed == document:
            raise ValueError(f"{subject.file}: {what} changes nothing")
        yield Mutant(subject.file, what, as_toml(changed))


def unchanged(subject: Subject, root: Path) -> Mutant:
    """Give the file written by the same hand as its mutants, with nothing changed.

    A test that fails on it looks at how the file is written: it would seem to notice every mutant.
    """
    document = tomllib.loads((root / subject.file).read_text("utf-8"))
    return Mutant(subject.file, "unchanged", as_toml(document))


def numbers(document: Document) -> Edits:
    """Every dated number one more and one less, a day earlier and later, and without its source."""
    for name, parameter in document.items():
        for n, entry in enumerate(parameter["waarden"]):
            where = (name, "waarden", n)
            for step in (1, -1):
                yield f"{name} {step:+}", _set(entry["waarde"] + step, *where, "waarde")
                day = entry["geldig_vanaf"] + step * _DAY
                yield f"{name} from {step:+} day", _set(day, *where, "geldig_vanaf")
            yield f"{name} by another source", _set("verzonnen", *where, "bron")


def sealed(document: Document) -> Edits:
    """Every row and statement of a clause that sends a role a message."""
    for n, clause in enumerate(document["clausule"]):
        if clause["bereik"] == Reach.BERICHT:
            yield from _clause(n, clause)


def counted(document: Document) -> Edits:
    """The other clauses, in which a role only counts; the table's date, and every exclusion."""
    for step in (1, -1):
        day = document["geldig_vanaf"] + step * _DAY
        yield f"table from {step:+} day", _set(day, "geldig_vanaf")
    for n, clause in enumerate(document["clausule"]):
        if clause["bereik"] != Reach.BERICHT:
            yield from _clause(n, clause)
    for n, exclusion in enumerate(document["uitsluiting"]):
        name = f"exclusion of {exclusion['ontvanger']}"
        yield f"{name} is gone", _drop("uitsluiting", n)
        yield f"{name} by another ground", _set("verzonnen", "uitsluiting", n, "grond")
        for v, veld in enumerate(exclusion["velden"]):
            yield f"{name} without {veld}", _drop("uitsluiting", n, "velden", v)


def _clause(n: int, clause: Document) -> Edits:
    where, name = ("clausule", n), clause["id"]
    yield f"{name} is gone", _drop(*where)
    for veld, rule in clause["velden"].items():
        for kind in _other_kinds(Kind(rule["soort"]), Reach(clause["bereik"])):
            row = {"soort": kind.value, "hoe": rule.get("hoe", "gemuteerd")}
            yield f"{name} {veld} -> {kind}", _set(row, *where, "velden", veld)
    yield from _about(name, clause, where)


def elements(document: Document) -> Edits:
    """Every dated list a day earlier and later, by the other status, and without each code."""
    for n, required in enumerate(document["lijst"]):
        where, name = ("lijst", n), f"list {n}"
        for step in (1, -1):
            day = required["geldig_vanaf"] + step * _DAY
            yield f"{name} from {step:+} day", _set(day, *where, "geldig_vanaf")
        (other,) = set(LegalStatus) - {LegalStatus(required["status"])}
        yield f"{name} status -> {other}", _set(other.value, *where, "status")
        yield f"{name} by another source", _set("verzonnen", *where, "bron")
        for c, code in enumerate(required["codes"]):
            yield f"{name} without {code}", _drop(*where, "codes", c)


def words_of_duo(document: Document) -> Edits:
    """Every row of the mapping with DUO's next word or without one, and not there at all."""
    own = document.keys() - {"bronnen", "bekend", "niet_door_ons", "velden"}
    tables: list[tuple[tuple[str, ...], Document]] = []
    tables += [((name,), document[name]) for name in document if name in own]
    tables += [(("velden", message), rows) for message, rows in document["velden"].items()]
    for where, rows in tables:
        known = document["bekend"].get(where[0], document["bekend"]["statussen"])
        for ours, row in rows.items():
            name = f"{'.'.join(where)} {ours}"
            word = known[(known.index(row["duo"]) + 1 if "duo" in row else 0) % len(known)]
            yield f"{name} -> {word}", _set({"duo": word, "bron": row["bron"]}, *where, ours)
            yield f"{name} is gone", _drop(*where, ours)
            if "duo" in row:
                refused = {"geen": "bestaat niet bij DUO: gemuteerd", "bron": row["bron"]}
                yield f"{name} refused", _set(refused, *where, ours)
    for kind, names in document["niet_door_ons"].items():
        for theirs in names:
            yield f"never {kind} {theirs} is gone", _drop("niet_door_ons", kind, theirs)


def _other_kinds(kind: Kind, reach: Reach) -> list[Kind]:
    """What a row becomes: in a message the other way about, and once more; counted or not else.

    That a role which only counts can be passed nothing is the loader's to say, and has its test.
    """
    if reach is not Reach.BERICHT:
        return [Kind.AFGELEID if kind is Kind.INGEHOUDEN else Kind.INGEHOUDEN]
    if kind is Kind.DOORGEGEVEN:
        return [Kind.INGEHOUDEN, Kind.ROUTE]
    return [Kind.DOORGEGEVEN, Kind.ROUTE if kind is Kind.INGEHOUDEN else Kind.INGEHOUDEN]


def _about(name: str, clause: Document, where: tuple[str | int, ...]) -> Edits:
    """What a clause says about itself: the closed lists to each other value, texts to another."""
    for member, choices in (("status", LegalStatus), ("bereik", Reach)):
        for choice in set(choices) - {choices(clause[member])}:
            yield f"{name} {member} -> {choice}", _set(choice.value, *where, member)
    for member in ("doel", "grondslag", "activiteit", "verantwoordelijke", "verwerker"):
        yield f"{name} another {member}", _set("verzonnen", *where, member)
    for added in clause.get("toegevoegd", {}):
        yield f"{name} adds no {added}", _drop(*where, "toegevoegd", added)


def _place(document: Document, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401  any part of it
    place: Any = document
    for part in path:
        place = place[part]
    return place


def _set(value: object, *path: str | int) -> Edit:
    return lambda document: _place(document, path[:-1]).__setitem__(path[-1], value)


def _drop(*path: str | int) -> Edit:
    return lambda document: _place(document, path[:-1]).pop(path[-1])


_DUO = "tests/unit/adapters/duo/test_duo_mapping.py"
_DUO_BY_ITS_TEXT = tuple(
    f"--deselect={_DUO}::{test}"
    for test in (
        "test_a_row_that_does_not_say_what_it_means_is_a_fault",
        "test_it_is_said_that_this_is_no_connection",
    )
)
"""These read the file's own words and comments, which a mutant does not keep."""
SUBJECTS = (
    Subject(
        "schemas/parameters.toml",
        numbers,
        (
            "tests/unit/policy/test_thresholds.py",
            "tests/unit/policy/test_signaal.py",
            "tests/unit/policy/test_verzuimmelding.py",
            "tests/unit/policy/test_retention.py",
            "tests/unit/policy/test_ages.py",
            "tests/unit/policy/test_schoolcijfers.py",
            "tests/contract/test_decisions.py",
        ),
    ),
    Subject(
        "schemas/necessity/2025-08-01.toml",
        sealed,
        ("tests/unit/pipeline/test_minimise.py", "tests/contract/test_decisions.py"),
    ),
    Subject(
        "schemas/necessity/2025-08-01.toml",
        counted,
        ("tests/contract/test_decisions.py",),
    ),
    Subject(
        "schemas/elementen.toml",
        elements,
        ("tests/contract/test_decisions.py",),
    ),
    Subject(
        "adapters/duo/mapping.toml",
        words_of_duo,
        (_DUO, *_DUO_BY_ITS_TEXT, "tests/contract/test_duo_words.py"),
    ),
)
