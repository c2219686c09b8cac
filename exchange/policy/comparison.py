"""What differs between the rules of two days, or between those in force and a draft of new ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from exchange.errors import Refused
from exchange.messages.soort import Soort
from exchange.policy.elementen import Elementen
from exchange.policy.law import Entry, Law
from exchange.policy.necessity import Clause, FieldRule, Necessity, NecessityTable
from exchange.policy.parties import RECIPIENT_ROLES, Role

ABSENT = "-"


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything dated as it stands on one day; ``table`` is None when there is no ground yet.

    ``law`` holds these numbers for every day: a message is judged by them whenever it happened.
    """

    day: date
    law: Law
    table: NecessityTable | None
    elementen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumberChange:
    """A parameter whose value or source differs."""

    name: str
    before: Entry
    after: Entry


@dataclass(frozen=True, slots=True)
class DecisionChange:
    """What a clause decides otherwise: a member, or the clause's own ``bereik`` or ``status``."""

    soort: Soort
    role: Role
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ListChange:
    """What is in one list and not in the other: elements of a verzuimbeleid, exclusions."""

    name: str
    gone: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs."""

    numbers: tuple[NumberChange, ...]
    decisions: tuple[DecisionChange, ...]
    lists: tuple[ListChange, ...]


def rules_on(day: date, law: Law, necessity: Necessity, elementen: Elementen) -> Rules:
    """Give the rules of ``day``."""
    try:
        table = necessity.on(day)
    except Refused:
        table = None
    return Rules(day, law.as_of(day), table, elementen.missing((), day))


def compare(before: Rules, after: Rules) -> Comparison:
    """Give everything that differs, in the order of the data."""
    return Comparison(
        tuple(_numbers(before.law, after.law)),
        tuple(_decisions(before.table, after.table)),
        tuple(_lists(before, after)),
    )


def _numbers(before: Law, after: Law) -> Iterator[NumberChange]:
    for name, (old,) in before.entries.items():
        (new,) = after.entries[name]
        if (old.waarde, old.bron) != (new.waarde, new.bron):
            yield NumberChange(name, old, new)


def _decisions(
    before: NecessityTable | None, after: NecessityTable | None
) -> Iterator[DecisionChange]:
    for soort in Soort:
        for role in RECIPIENT_ROLES:
            old, new = _said(before, soort, role), _said(after, soort, role)
            for what in old | new:
                one, other = old.get(what, ABSENT), new.get(what, ABSENT)
                if one != other:
                    yield DecisionChange(soort, role, what, one, other)


def _said(table: NecessityTable | None, soort: Soort, role: Role) -> dict[str, str]:
    """Give what a clause says, each thing by name; nothing without a table."""
    clause: Clause | None = table.clause(soort, role) if table else None
    if clause is None:
        return {}
    return {
        "(status)": clause.status.value,
        "(bereik)": clause.reach.value,
        "(grondslag)": clause.grondslag,
        "(doel)": clause.doel,
        **{name: _decided(rule) for name, rule in clause.velden.items()},
        **{f"+ {name}": "toegevoegd" for name in clause.toegevoegd},
    }


def _decided(rule: FieldRule) -> str:
    return f"{rule.kind.value}: {rule.how}" if rule.how else rule.kind.value


def _lists(before: Rules, after: Rules) -> Iterator[ListChange]:
    old, new = _named(before), _named(after)
    for name in {**old, **new}:
        one, other = old.get(name, ()), new.get(name, ())
        if set(one) != set(other):
            gone = tuple(item for item in one if item not in other)
            yield ListChange(name, gone, tuple(item for item in other if item not in one))


def _named(rules: Rules) -> Mapping[str, tuple[str, ...]]:
    excluded = rules.table.exclusions if rules.table else ()
    return {
        "elementen van een verzuimbeleid": rules.elementen,
        **{f"uitgesloten voor {e.ontvanger}": tuple(sorted(e.velden)) for e in excluded},
    }
