"""Judges one message by the rules of a day: which rules refuse it, and what each role would get.

The message is judged alone. What else the gateway would look up is assumed to be in order: its
sender, the vestiging, the gemeente, the criterium and local reasons, no earlier message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from exchange.errors import Code, Refused, Violation
from exchange.messages.contracts import Contract, Values
from exchange.messages.identifiers import Gemeentecode, LocalCode, Periode, Vestigingscode
from exchange.messages.soort import Soort
from exchange.policy.calendar import Schoolkalender
from exchange.policy.comparison import Rules
from exchange.policy.facts import Facts, Verzuimbeleid
from exchange.policy.necessity import Clause, FieldRule, Mode
from exchange.policy.parties import Directory, Gemeente, Role, Sector, Vestiging
from exchange.policy.retention import is_open
from exchange.policy.rules import RULES, violations_of
from exchange.policy.schoolcijfers import contradictions

_ANY_GEMEENTE = Gemeentecode("0000")
_ANY_VESTIGING = Vestigingscode("99AA00")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a message does not say of itself but a rule asks; ``lesuur`` in minutes."""

    today: date
    sector: Sector
    lesuur: int
    kalender: Schoolkalender
    mode: Mode


@dataclass(frozen=True, slots=True)
class Verdict:
    """The faults that the rules find, as pointer and code, and each role's decision per member."""

    faults: tuple[tuple[str, Code], ...]
    streams: Mapping[Role, Mapping[str, FieldRule]]


def replay(contract: Contract, values: Values, rules: Rules, given: Circumstances) -> Verdict:
    """Judge a well-formed message by ``rules``; never shows a value, only names and codes."""
    try:
        clauses = _in_force(contract.soort, rules, given.mode)
    except Refused as refused:
        return Verdict((("", refused.code),), {})
    faults = _broken(contract.soort, values, rules, given)
    return Verdict(
        tuple((fault.pointer, fault.code) for fault in faults),
        {clause.role: _decided(clause, contract, values) for clause in clauses},
    )


def _in_force(soort: Soort, rules: Rules, mode: Mode) -> tuple[Clause, ...]:
    if rules.table is None:
        raise Refused(Code.GEEN_GRONDSLAG)
    return rules.table.in_force(soort, mode)


def _decided(clause: Clause, contract: Contract, values: Values) -> Mapping[str, FieldRule]:
    """A registration always has a category: where none is stated, the local reason says which."""
    derived = {"categorie"} if contract.soort is Soort.VERZUIMREGISTRATIES else set()
    present = [wire for wire, name in contract.members.items() if name in values or name in derived]
    named = [contract.about, *present] if contract.about else present
    return {wire: clause.rule_for(wire) for wire in named}


def _broken(
    soort: Soort, values: Values, rules: Rules, given: Circumstances
) -> Iterator[Violation]:
    if soort in RULES:
        yield from violations_of(soort, values, _facts(values, rules, given))
    if soort is Soort.SCHOOLCIJFERS:
        yield from contradictions(values, rules.law.on(given.today))
    if soort is Soort.VERZUIMREGISTRATIES:
        yield from _month_is_open(values["datum"], rules, given)


def _month_is_open(day: date, rules: Rules, given: Circumstances) -> Iterator[Violation]:
    if not is_open(Periode.of(day), given.today, rules.law):
        yield Violation("/datum", Code.PERIODE_GESLOTEN, "De maand is gesloten.")


def _facts(values: Values, rules: Rules, given: Circumstances) -> Facts:
    """Assume that whatever the message names is known."""
    home = values.get("woongemeente", _ANY_GEMEENTE)
    code = values.get("vestigingscode", _ANY_VESTIGING)
    criterium = values.get("criterium")
    named = {criterium.reveal()} if isinstance(criterium, LocalCode) else set()
    return Facts(
        today=given.today,
        law=rules.law,
        directory=Directory({}, (), {}, {}, {home: (Gemeente(home, "", date.min),)}),
        vestiging=Vestiging(code, _ANY_GEMEENTE, given.sector, "", date.min),
        beleid=Verzuimbeleid(1, date.min, given.lesuur, frozenset(named)),
        kalender=given.kalender,
        earlier=None,
    )
