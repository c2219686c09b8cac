"""What each step hands to the next for one line; what a type no longer holds is gone for good."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, TypeVar

from exchange.accountability.record import Subject
from exchange.errors import Code, ExchangeError, Invalid, Refused, Violation
from exchange.messages.identifiers import (
    LocalReason,
    Periode,
    Pgn,
    RegistratieId,
    Schooljaar,
    Vestigingscode,
)
from exchange.messages.wire import Categorie
from exchange.pipeline.stages import Account, Authenticated
from exchange.values import Value

_MOST_REFUSALS = 1_000
_MOST_OF_A_LINE = 20
_DETAILS = {
    Code.GEEN_MANDAAT: "U mag vandaag niet over deze dag voor deze vestiging leveren.",
    Code.ONBEKENDE_VESTIGING: "Deze vestiging is niet bekend op deze dag.",
}


class Line(Value, frozen=True):
    """One line of a delivery; ``number`` counts from 1, blank lines included."""

    number: int
    body: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Pupil:
    """One pupil of one vestiging and schooljaar, by two keyed names: to count, and to look up.

    There is one of each in a delivery, however many lines it has. ``framed`` is the first one as a
    part of what is digested; so it is with a ``SchoolDay``.
    """

    counting: bytes = field(repr=False)
    blind_index: bytes = field(repr=False)
    framed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class SchoolYear:
    """A vestiging in a schooljaar; one of each in a delivery."""

    vestigingscode: Vestigingscode
    schooljaar: Schooljaar


@dataclass(frozen=True, slots=True, eq=False)
class SchoolMonth:
    """A vestiging in a month; one of each in a delivery."""

    year: SchoolYear
    periode: Periode


@dataclass(frozen=True, slots=True, eq=False)
class SchoolDay:
    """A vestiging on a day about which the caller may deliver; one of each in a delivery.

    ``link`` is the month with whose registrations the link to a pupil goes.
    """

    month: SchoolMonth
    link: SchoolMonth
    datum: date
    framed: bytes

    @property
    def vestigingscode(self) -> Vestigingscode:
        """Give the code of the vestiging."""
        return self.month.year.vestigingscode


class ValidLine(Value, frozen=True):
    """A well-formed registration by a party that may send it."""

    number: int
    members: frozenset[str]
    day: SchoolDay
    registratie_id: RegistratieId
    pgn: Pgn
    minuten: int
    reden: LocalReason | None
    categorie: Categorie | None
    ingetrokken: bool


class ClassifiedLine(Value, frozen=True):
    """A lawful registration in its legal category; the local reason is gone (promise P3)."""

    number: int
    members: frozenset[str]
    day: SchoolDay
    registratie_id: RegistratieId
    pgn: Pgn
    minuten: int
    categorie: Categorie
    ingetrokken: bool


class NamedLine(Value, frozen=True):
    """A registration about a pseudonym; the PGN is gone (promise P4)."""

    number: int
    members: frozenset[str]
    day: SchoolDay
    pupil: Pupil
    registratie_id: RegistratieId
    minuten: int
    categorie: Categorie
    ingetrokken: bool


class MinimalLine(Value, frozen=True):
    """What some role counts of a registration, and the number by which the school knows it."""

    number: int
    day: SchoolDay
    pupil: Pupil
    registratie_id: RegistratieId
    minuten: int
    categorie: Categorie
    ingetrokken: bool


class SealedLine(Value, frozen=True):
    """What may be stored of a registration: keyed digests, a sealed id, and what is counted."""

    number: int
    day: SchoolDay
    pupil: Pupil
    id_digest: bytes
    id_sealed: bytes
    content: bytes
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


class Underway(Protocol):
    """A delivery whose lines are still coming, as the last step knows it."""

    @property
    def caller(self) -> Authenticated:
        """Give who delivers."""

    @property
    def vestigingen(self) -> Collection[Vestigingscode]:
        """Give every vestiging that a line may turn out to be about."""

    @property
    def refusals(self) -> Refusals:
        """Give the lines that fell out so far."""

    def summary(self, kept: Kept) -> Summary:
        """Give what all lines came to; raises when none is left."""


def subject_of(pupil: Pupil, month: SchoolMonth) -> Subject:
    """Name a pupil in a record whose link goes with the registrations of a month."""
    year = month.year
    return Subject(year.vestigingscode, year.schooljaar, pupil.blind_index, month.periode)


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


@dataclass(slots=True)
class Kept:
    """What is remembered of lines that were kept, of however many: no line of them itself.

    ``days`` in the order of the lines; ``counted`` those with a line that was not withdrawn;
    ``latest`` of each pupil.
    """

    lines: int = 0
    days: dict[SchoolDay, None] = field(default_factory=dict)
    counted: set[SchoolDay] = field(default_factory=set)
    latest: dict[Pupil, SchoolDay] = field(default_factory=dict, repr=False)

    def add(self, lines: Collection[SealedLine]) -> None:
        """Count these lines in."""
        self.lines += len(lines)
        self.days.update(dict.fromkeys([line.day for line in lines]))
        self.counted.update([line.day for line in lines if not line.ingetrokken])
        latest = self.latest
        for line in lines:
            known = latest.get(line.pupil)
            if known is None or known.datum < line.day.datum:
                latest[line.pupil] = line.day


@dataclass(frozen=True, slots=True)
class Summary:
    """What a whole delivery came to: how many good lines, what they say, and what fell out."""

    caller: Authenticated
    kept: Kept
    refusals: Refusals
    accounts: tuple[Account, ...]
    members: frozenset[str]
    beleid: date


def _violations(error: ExchangeError) -> tuple[Violation, ...]:
    if isinstance(error, Invalid):
        return error.violations
    return (Violation("/vestigingscode", error.code, _DETAILS.get(error.code, "")),)
