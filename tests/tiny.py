"""Tables so small that every other table can be written down: what the auditor is measured by.

Nothing of the auditor is used here. Groups of pupils are listed pupil by pupil, tables vestiging by
vestiging, and who can derive what is read off the list.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

import numpy as np
from numpy.typing import NDArray

from exchange.figures.audit import Finding, Wrong
from exchange.figures.measures import MESSAGES, Measure, Niveau, measures_of
from exchange.figures.secrets import Insider, Problem, follows, pose
from exchange.figures.table import Cell, Delivered, Table, tabulate
from exchange.messages.identifiers import Gemeentecode, Vestigingscode
from exchange.messages.schoolcijfers import Minutentelling, Schoolcijfers
from exchange.policy.law import Parameters
from exchange.policy.parties import Sector, Vestiging
from tests.pure import LAW

NUMBERS: Parameters = replace(
    LAW.on(date(2026, 10, 31)),
    trede1_procent=60,
    trede2_procent=30,
    onderdrukking_drempel=2,
    rij_leerlingen=1,
    minuten_marge_procent=34,
)
"""Small pupils need small numbers: of five minutes two may be missed in tier 1, three in tier 2."""

OF_PUPILS = tuple(measure for measure in Measure if measure not in MESSAGES)
Pupil = tuple[int, int]
"""Minutes missed with leave, and without."""


@dataclass(frozen=True, slots=True)
class School:
    """A vestiging as a test draws it."""

    code: str
    gemeente: str
    swv: str
    bestuur: str
    planned: int
    pupils: tuple[Pupil, ...]
    meldingen: int = 0
    signalen: int = 0


def problem_of(schools: Iterable[School], numbers: Parameters = NUMBERS) -> Problem:
    """Pose the table of these schools, of which nothing was released before."""
    return pose(tabulate((delivered(one, numbers) for one in schools), []), [], numbers)


def delivered(school: School, numbers: Parameters = NUMBERS) -> Delivered:
    """Count a school, by listing its pupils."""
    figures = figures_of(school.pupils, school.planned, numbers)
    excused, unexcused = zip(*school.pupils, strict=True)
    return Delivered(
        Vestiging(
            code=Vestigingscode(school.code),
            gemeente=Gemeentecode(school.gemeente),
            sector=Sector.VO,
            swv=school.swv,
            geldig_van=date(2000, 1, 1),
            bevoegd_gezag=school.bestuur,
        ),
        Schoolcijfers(
            leerlingen=len(school.pupils),
            geplande_minuten_per_leerling=school.planned,
            geoorloofd=_telling(excused),
            ongeoorloofd=_telling(unexcused),
            leerlingen_met_ongeoorloofd_verzuim=figures[2],
            trede1=figures[3],
            trede2=figures[4],
            trede3=figures[5],
        ),
        school.meldingen,
        school.signalen,
    )


def closed(problem: Problem, chosen: Iterable[Cell]) -> frozenset[Cell]:
    """Give the smallest pattern that holds these cells and what must be hidden with them."""
    hidden = set(chosen) | problem.hidden
    for row in range(len(problem.table.rows)):
        columns = measures_of(problem.table.rows[row].niveau)
        for measure in (*columns, *columns):
            if follows(measure, [m for m in columns if (row, m) in hidden]):
                hidden.add((row, measure))
    return frozenset(hidden)


def figures_of(pupils: Sequence[Pupil], planned: int, numbers: Parameters) -> tuple[int, ...]:
    """Count pupils: minutes of both kinds, number with unauthorised minutes, three tiers."""
    in_tiers = [_tier(excused + unexcused, planned, numbers) for excused, unexcused in pupils]
    return (
        sum(excused for excused, _ in pupils),
        sum(unexcused for _, unexcused in pupils),
        sum(unexcused > 0 for _, unexcused in pupils),
        *(in_tiers.count(tier) for tier in range(3)),
    )


@cache
def groups(count: int, planned: int, numbers: Parameters) -> frozenset[tuple[int, ...]]:
    """Give the figures of every group of so many pupils."""
    minutes = range(planned + 1)
    one = [(a, b) for a in minutes for b in minutes if a + b <= planned]
    return frozenset(
        figures_of(pupils, planned, numbers)
        for pupils in itertools.combinations_with_replacement(one, count)
    )


Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables as rows of numbers; ``place`` says in which column a cell stands."""

    place: Mapping[Cell, int]
    true: Numbers
    values: Numbers

    def agreeing(self, cells: Iterable[Cell]) -> Tables:
        """Keep the tables in which these cells, as far as they are here, are true."""
        at = [self.place[cell] for cell in cells if cell in self.place]
        same = (self.values[:, at] == self.true[at]).all(axis=1)
        return replace(self, values=self.values[same])

    def of(self, cell: Cell) -> Numbers:
        """Give what a cell is in each table, less what it truly is."""
        at = self.place[cell]
        differences: Numbers = self.values[:, at] - self.true[at]
        return differences


def exposures(
    problem: Problem, hidden: frozenset[Cell], numbers: Parameters
) -> set[tuple[Cell, Wrong, str | None]]:
    """Read off the list of all tables what the auditor must find, no more and no less."""
    lists = [(OF_PUPILS, _pupil_leaves(problem.table, hidden, numbers))]
    lists += [((m,), _message_leaves(problem.table, hidden, m)) for m in MESSAGES]
    found: set[tuple[Cell, Wrong, str | None]] = set()
    for columns, leaves in lists:
        everything = _tables(problem.table, hidden, columns, leaves)
        presumed = everything.agreeing(problem.known)
        for cell in sorted(hidden & everything.place.keys()):
            believed = everything if cell in problem.known else presumed
            found |= {(cell, *what) for what in _exposed(problem, cell, believed, everything)}
    return found


def named(findings: Iterable[Finding]) -> set[tuple[Cell, Wrong, str | None]]:
    """Give findings in the form of ``exposures``."""
    return {(one.cell, one.wrong, one.insider.name if one.insider else None) for one in findings}


def _exposed(
    problem: Problem, cell: Cell, believed: Tables, everything: Tables
) -> Iterator[tuple[Wrong, str | None]]:
    """Insiders presume nothing of what was shown before."""
    need, differences = problem.need(cell), believed.of(cell)
    if need.down and differences.min() > -need.down:
        yield Wrong.OMLAAG, None
    if need.up and differences.max() < need.up:
        yield Wrong.OMHOOG, None
    if not need.insider:
        return
    if not differences.any():
        yield Wrong.AFLEIDBAAR, None
        return
    for insider in problem.insiders:
        own = _knows(problem.table, insider)
        cells = [other for other in everything.place if other[0] in own]
        if cell[0] not in own and not everything.agreeing(cells).of(cell).any():
            yield Wrong.AFLEIDBAAR, insider.name


def _knows(table: Table, insider: Insider) -> set[int]:
    """Give the rows that an insider can add up from vestigingen of its own."""
    rows = range(len(table.rows))
    return {row for row in rows if set(_vestigingen(table, row)) <= insider.rows} | insider.rows


def _vestigingen(table: Table, row: int) -> Iterator[int]:
    if not table.rows[row].children:
        yield row
    for child in table.rows[row].children:
        yield from _vestigingen(table, child)


Leaves = Mapping[int, Sequence[tuple[int, ...]]]
"""For each of the lowest rows all that it can be, given what is shown of it."""


def _pupil_leaves(table: Table, hidden: frozenset[Cell], numbers: Parameters) -> Leaves:
    found: dict[int, list[tuple[int, ...]]] = {}
    for row, one in enumerate(table.rows):
        if one.vestiging is None:
            continue
        shown = [(at, one.values[m]) for at, m in enumerate(OF_PUPILS) if (row, m) not in hidden]
        found[row] = [
            figures
            for figures in sorted(groups(one.leerlingen, one.geplande_minuten, numbers))
            if all(figures[at] == value for at, value in shown)
        ]
    return found


def _message_leaves(table: Table, hidden: frozenset[Cell], column: Measure) -> Leaves:
    """Of each pupil there may be one a day."""
    found: dict[int, list[tuple[int, ...]]] = {}
    for row, one in enumerate(table.rows):
        if one.niveau is Niveau.GEMEENTE_SWV:
            true = one.values[column]
            most = max(one.leerlingen, true) * 31
            found[row] = [(v,) for v in range(most + 1) if (row, column) in hidden or v == true]
    return found


def _tables(
    table: Table, hidden: frozenset[Cell], columns: Sequence[Measure], leaves: Leaves
) -> Tables:
    """List every choice for the lowest rows, and keep those that add up to what is shown above."""
    chosen = np.meshgrid(*(np.arange(len(choices)) for choices in leaves.values()), indexing="ij")
    lines = {
        row: np.array(choices)[at.ravel()]
        for (row, choices), at in zip(leaves.items(), chosen, strict=True)
    }
    for row, one in enumerate(table.rows):
        if one.children and row not in lines:
            lines[row] = np.sum([lines[child] for child in one.children], axis=0)
    cells = [(row, measure) for row in lines for measure in columns]
    true = np.array([table.value(cell) for cell in cells])
    listed = Tables(
        {cell: at for at, cell in enumerate(cells)}, true, np.concatenate([*lines.values()], axis=1)
    )
    return listed.agreeing(cell for cell in cells if cell not in hidden)


def _tier(absent: int, planned: int, numbers: Parameters) -> int:
    present = (planned - absent) * 100
    if present >= planned * numbers.trede1_procent:
        return 0
    return 1 if present >= planned * numbers.trede2_procent else 2


def _telling(minutes: Sequence[int]) -> Minutentelling:
    return Minutentelling(
        minuten=sum(minutes),
        aantal_leerlingen=sum(one > 0 for one in minutes),
        grootste_aandeel_minuten=max(minutes),
    )
