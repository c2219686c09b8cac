"""What each step hands to the next for one line; what a type no longer holds is gone for good."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from exchange.errors import Code, ExchangeError, Invalid, Refused, Violation
from exchange.messages.contracts import Values
from exchange.messages.identifiers import Pgn, RegistratieId, Schooljaar, Vestigingscode
from exchange.messages.wire import Categorie
from exchange.pipeline.stages import Account, Authenticated
from exchange.policy.parties import Vestiging

_MOST_REFUSALS = 1_000
_MOST_OF_A_LINE = 20
_DETAILS = {
    Code.GEEN_MANDAAT: "U mag vandaag niet over deze dag voor deze vestiging leveren.",
    Code.ONBEKENDE_VESTIGING: "Deze vestiging is niet bekend op deze dag.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a delivery; ``number`` counts from 1, blank lines included."""

    number: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ValidLine:
    """A well-formed registration by a party that may send it."""

    number: int
    values: Values = field(repr=False)
    members: frozenset[str]
    vestiging: Vestiging
    vestigingscode: Vestigingscode
    datum: date


@dataclass(frozen=True, slots=True)
class ClassifiedLine:
    """A lawful registration in its legal category; the local reason is gone (promise P3)."""

    number: int
    members: frozenset[str]
    vestigingscode: Vestigingscode
    registratie_id: RegistratieId
    pgn: Pgn
    datum: date
    minuten: int
    categorie: Categorie
    ingetrokken: bool


@dataclass(frozen=True, slots=True)
class Pupil:
    """One pupil of one vestiging and schooljaar, by two keyed names: to count, and to look up."""

    vestigingscode: Vestigingscode
    schooljaar: Schooljaar
    counting: bytes = field(repr=False)
    blind_index: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NamedLine:
    """A registration about a pseudonym; the PGN is gone (promise P4)."""

    number: int
    members: frozenset[str]
    pupil: Pupil
    registratie_id: RegistratieId
    datum: date
    minuten: int
    categorie: Categorie
    ingetrokken: bool


@dataclass(frozen=True, slots=True)
class MinimalLine:
    """What some role counts of a registration, and the number by which the school knows it."""

    number: int
    pupil: Pupil
    registratie_id: RegistratieId
    datum: date
    minuten: int
    categorie: Categorie
    ingetrokken: bool


@dataclass(frozen=True, slots=True)
class SealedLine:
    """What may be stored of a registration: keyed digests, a sealed id, and what is counted."""

    number: int
    pupil: Pupil
    id_digest: bytes = field(repr=False)
    id_sealed: bytes = field(repr=False)
    content: bytes = field(repr=False)
    datum: date
    minuten: int
    categorie: Categorie
    ingetrokken: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that was not taken in, and all that is wrong with it."""

    number: int
    violations: tuple[Violation, ...]

    def as_json(self) -> dict[str, object]:
        """Give the item of ``geweigerd``."""
        faults = [
            {"pointer": v.pointer, "code": v.code.value, "detail": v.detail}
            for v in self.violations
        ]
        return {"regel": self.number, "fouten": faults}


_In = TypeVar("_In", Line, ValidLine)
_Out = TypeVar("_Out", ValidLine, ClassifiedLine)


@dataclass(slots=True)
class Refusals:
    """The lines that fell out on the way: all are counted, the first thousand are kept.

    ``alone`` is a delivery of a single registration: its refusal is the whole answer.
    """

    alone: bool
    count: int = 0
    kept: list[Refusal] = field(default_factory=list)

    def sift(self, step: Callable[[_In], _Out], lines: Iterable[_In]) -> list[_Out]:
        """Take each line through ``step``; one that it refuses is kept here with its reasons."""
        passed = []
        for line in lines:
            try:
                passed.append(step(line))
            except (Invalid, Refused) as error:
                self.add(line.number, error)
        return passed

    def add(self, number: int, error: ExchangeError) -> None:
        """Count a refused line and keep its reasons, if there is room; raise when alone."""
        if self.alone:
            raise error
        self.count += 1
        if len(self.kept) < _MOST_REFUSALS:
            self.kept.append(Refusal(number, _violations(error)[:_MOST_OF_A_LINE]))

    def in_order(self) -> tuple[Refusal, ...]:
        """Give what was kept by line number."""
        return tuple(sorted(self.kept, key=lambda refusal: refusal.number))


@dataclass(frozen=True, slots=True)
class Batch:
    """Every good line of one delivery, ready to be stored together."""

    caller: Authenticated
    lines: Sequence[SealedLine] = field(repr=False)
    refusals: Refusals
    accounts: tuple[Account, ...]
    members: frozenset[str]
    beleid: date


def _violations(error: ExchangeError) -> tuple[Violation, ...]:
    if isinstance(error, Invalid):
        return error.violations
    return (Violation("/vestigingscode", error.code, _DETAILS.get(error.code, "")),)
