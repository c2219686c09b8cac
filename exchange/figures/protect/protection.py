"""Chooses what to hide so that nobody can take a table apart, one part of it after another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from exchange.figures.protect.master import Remaining
from exchange.figures.protect.part import Part
from exchange.figures.protect.parts import PARTS, Columns, pose_part, weight
from exchange.figures.protect.search import Found, Report, search
from exchange.figures.protect.widen import related, widen
from exchange.figures.secrets import Insider, Problem
from exchange.figures.table import Cell
from exchange.policy.law import Parameters

_REPAIR_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Protection:
    """What is hidden, what that costs, and what every protection costs at least.

    ``bound`` takes the parts in their order: what one part hides is given to the next. ``fallback``
    names the parts for which time ran out: they hide more than they would have to.
    """

    hidden: frozenset[Cell]
    cost: float
    bound: float
    fallback: tuple[str, ...]


class Exposed(Protocol):
    """Somebody's finding that a cell is not protected."""

    @property
    def cell(self) -> Cell:
        """Which cell."""

    @property
    def insider(self) -> Insider | None:
        """Who comes too near, if not everybody."""


def protect(
    problem: Problem,
    budget_seconds: float,
    report: Report,
    numbers: Parameters | None = None,
) -> Protection:
    """Hide what must be hidden, and the cheapest more that keeps all of it out of reach.

    ``numbers`` tell what tiers say about minutes; without them that is left to the auditor. When
    ``budget_seconds`` are up the rest is done by hiding more than is necessary, never less.
    """
    return _solve(problem, problem.hidden, _Parts(problem, numbers, budget_seconds, report))


def repair(
    problem: Problem,
    protection: Protection,
    findings: Iterable[Exposed],
    report: Report,
    numbers: Parameters | None = None,
) -> Protection:
    """Hide more around what an auditor found, and what that asks for in turn; never hide less.

    Repairing again and again ends: every time more is hidden, at last all there is.
    """
    hidden = protection.hidden
    wider = [widen(problem, hidden, one.cell, one.insider) for one in findings]
    parts = _Parts(problem, numbers, _REPAIR_SECONDS, report)
    found = _solve(problem, hidden.union(*wider), parts)
    rushed = dict.fromkeys((*protection.fallback, *found.fallback))
    return Protection(found.hidden, found.cost, protection.bound, tuple(rushed))


def _solve(problem: Problem, must_hide: frozenset[Cell], parts: _Parts) -> Protection:
    """Solve all parts; what cannot be protected is too exposed by what its row shows: hide that."""
    pattern = first = parts.solve(must_hide)
    while more := _beside(problem, pattern) - pattern.hidden:
        must_hide |= more
        pattern = parts.solve(must_hide)
    cost = sum(weight(problem, cell) for cell in sorted(pattern.hidden))
    return Protection(pattern.hidden, cost, first.bound, pattern.rushed)


def _beside(problem: Problem, pattern: _Pattern) -> frozenset[Cell]:
    return frozenset().union(*(related(problem, *cell) for cell in pattern.hopeless))


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What the parts came to together."""

    hidden: frozenset[Cell]
    bound: float
    rushed: tuple[str, ...]
    hopeless: frozenset[Cell]


class _Parts:
    """Solves all parts in their order; one that is posed again as it was is not solved again."""

    def __init__(
        self, problem: Problem, numbers: Parameters | None, seconds: float, report: Report
    ) -> None:
        self._problem = problem
        self._numbers = numbers
        self._until = monotonic() + seconds
        self._report = report
        self._solved: dict[Columns, tuple[Part, Found]] = {}

    def solve(self, must_hide: frozenset[Cell]) -> _Pattern:
        """Give a pattern that hides at least ``must_hide``."""
        hidden, hopeless = must_hide, frozenset[Cell]()
        bound, rushed = 0.0, []
        for columns in PARTS:
            posed = pose_part(self._problem, columns, hidden, self._numbers)
            found = self._search(columns, posed.part)
            hidden |= {posed.cells[number] for number in found.hidden}
            hopeless |= {posed.cells[number] for number in found.hopeless}
            bound += found.bound
            rushed += [posed.part.name] if found.rushed else []
        return _Pattern(hidden, bound, tuple(rushed), hopeless)

    def _search(self, columns: Columns, part: Part) -> Found:
        part_before, found = self._solved.get(columns, (None, None))
        if found is None or part_before != part:
            found = search(part, self._half(), self._report)
            self._solved[columns] = part, found
            self._report(_told(part, found))
        return found

    def _half(self) -> Remaining:
        """No part uses more than half of the time that is left, so that there is some for each."""
        now = monotonic()
        until = now + (self._until - now) / 2
        return lambda: until - monotonic()


def _told(part: Part, found: Found) -> str:
    more = len(found.hidden) - len(part.must_hide)
    late = "; de tijd was op, dus ruimer dan nodig" if found.rushed else ""
    return f"{part.name}: {len(part.must_hide)} cellen geheim, {more} erbij verborgen{late}"
