"""Small random tables, and the whole question of what to hide in one integer program.

Written from the words of the rules alone: it shares nothing with the solver but the data model. An
attacker is a linear program over all cells of some columns; the cheapest pattern is one program
with a table for every requirement on it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from math import log
from random import Random

import highspy

from exchange.bootstrap.law import open_law
from exchange.figures.measures import MINUTES, TIERS, Measure, measures_of
from exchange.figures.secrets import NOTHING, Problem, most, pose
from exchange.figures.table import NUMBER, Cell, Delivered, tabulate
from exchange.messages.identifiers import Gemeentecode, Vestigingscode
from exchange.messages.schoolcijfers import Minutentelling, Schoolcijfers
from exchange.policy.parties import Sector, Vestiging

NUMBERS = open_law().on(date(2026, 11, 1))
_PLANNED = 6000
_NEVER = 1e-6

Doubt = tuple[Cell, int, int, frozenset[Cell]]
"""A cell, how far its number must reach below and above the truth, and what does not move.

Where the last two amounts are both -1, it must reach 1 either below or above.
"""


def random_problem(seed: int, vestigingen: int, known: float = 0.0) -> Problem:
    """Pose a table of a few schools; a share of its cells were shown before. Half have wishes."""
    dice = Random(seed)
    table = tabulate([_delivered(dice, number) for number in range(vestigingen)], ())
    problem = pose(table, (), NUMBERS)
    shown = frozenset(cell for cell in table.cells() if dice.random() < known)
    return replace(problem.with_wishes() if seed % 2 else problem, known=shown)


def _delivered(dice: Random, number: int) -> Delivered:
    gemeente, swv = dice.choice((("0361", "PO2703"), ("0373", "PO2703"), ("0599", "PO2810")))
    first, second, third = dice.randint(0, 60), dice.choice((0, 2, 3, 6, 9)), dice.choice((0, 1, 5))
    pupils = dice.choice((0, 1, 2, 4, 6, 9))
    leerlingen = max(first + second + third, pupils, 1)
    place = Vestiging(
        code=Vestigingscode(f"{dice.randint(10, 13)}AA{number:02d}"),
        gemeente=Gemeentecode(gemeente),
        sector=Sector.PO,
        swv=swv,
        geldig_van=date(2020, 1, 1),
        bevoegd_gezag=str(dice.randint(10001, 10004)),
    )
    figures = Schoolcijfers(
        leerlingen=leerlingen,
        geplande_minuten_per_leerling=_PLANNED,
        geoorloofd=_minutes(dice, second + third),
        ongeoorloofd=_minutes(dice, pupils),
        leerlingen_met_ongeoorloofd_verzuim=pupils,
        trede1=leerlingen - second - third,
        trede2=second,
        trede3=third,
    )
    return Delivered(place, figures, dice.choice((0, 1, 4, 7)), dice.choice((0, 2, 6)))


def _minutes(dice: Random, pupils: int) -> Minutentelling:
    minutes = [dice.randint(1, 900) for _ in range(pupils)]
    return Minutentelling(
        minuten=sum(minutes),
        aantal_leerlingen=pupils,
        grootste_aandeel_minuten=max(minutes, default=0),
    )


@dataclass(frozen=True)
class Columns:
    """Some columns of a table with everything that is asked of them.

    ``shown_number``: unauthorised minutes are bounded by the number of pupils who made them.
    """

    problem: Problem
    measures: tuple[Measure, ...]
    must_hide: frozenset[Cell]
    number_hidden: frozenset[int] = frozenset()

    @cached_property
    def cells(self) -> list[Cell]:
        """All cells of the columns."""
        return [cell for cell in self.problem.table.cells() if cell[1] in self.measures]

    def weight(self, cell: Cell) -> float:
        """Give what it costs to hide a cell; each tier bears half of the minutes of its row."""
        minutes = [(cell[0], one) for one in MINUTES] if self.measures == TIERS else []
        along = [self.problem.table.value(c) for c in minutes if c not in self.problem.hidden]
        times = 10 if self.problem.table.rows[cell[0]].parent is None else 1
        own = 1 + log(1 + self.problem.table.value(cell))
        return times * (own + sum(1 + log(1 + value) for value in along) / 2)

    def span(self, cell: Cell) -> tuple[int, int]:
        """Give what anybody could believe of a cell."""
        row, value = self.problem.table.rows[cell[0]], self.problem.table.value(cell)
        low, high = 0, most(row, cell[1])
        if cell[1] is Measure.ONGEOORLOOFDE_MINUTEN and cell[0] not in self.number_hidden:
            low, high = row.values[NUMBER], row.values[NUMBER] * row.geplande_minuten
        return min(low, value), max(high, value)

    @cached_property
    def sums(self) -> list[dict[Cell, int]]:
        """Each sum as cells with a sign."""
        found, there = [], set(self.cells)
        for index, row in enumerate(self.problem.table.rows):
            for measure in self.measures:
                if row.children and (row.children[0], measure) in there:
                    below = {(child, measure): 1 for child in row.children}
                    found.append({**below, (index, measure): -1})
            if self.measures == TIERS:
                found.append({(index, measure): 1 for measure in TIERS})
        return found

    def doubts(self) -> Iterator[Doubt]:
        """Give every requirement that hiding everything satisfies."""
        everything = frozenset(self.cells)
        return (doubt for doubt in self.asked() if self.leaves(doubt, everything))

    def asked(self) -> Iterator[Doubt]:
        """Give every requirement."""
        everything = frozenset(self.cells)
        for cell in self.cells:
            need = self.problem.need(cell)
            if need == NOTHING:
                continue
            still = frozenset() if cell in self.problem.known else self.problem.known & everything
            yield cell, need.down, need.up, still
            if need.insider:
                for who in (frozenset(), *self._others(cell)):
                    yield cell, -1, -1, still | who

    def leaves(self, doubt: Doubt, hidden: Collection[Cell]) -> bool:
        """Whether a pattern leaves an attacker this doubt."""
        cell, down, up, still = doubt
        free = [other for other in hidden if other not in still or other == cell]
        low, high = self._reach(cell, free)
        if down < 0:
            return low <= -1 or high >= 1
        return low <= -down and high >= up

    def _others(self, cell: Cell) -> set[frozenset[Cell]]:
        """Give what each insider knows that does not know this cell."""
        rows = self.problem.table.rows
        found = set()
        for insider in self.problem.insiders:
            own = set(insider.rows)
            for index, row in enumerate(rows):  # each level comes after the one below
                if row.children and own.issuperset(row.children):
                    own.add(index)
            if cell[0] not in own:
                found.add(frozenset(other for other in self.cells if other[0] in own))
        return found

    def _reach(self, cell: Cell, free: Collection[Cell]) -> tuple[float, float]:
        ends = []
        for sense in (1, -1):
            model = Model()
            columns = model.table(self, dict.fromkeys(free))
            model.cost[columns[cell]] = float(sense)
            ends.append(sense * model.minimum())
        return ends[0], ends[1]

    def cheapest(self) -> float:
        """Give the cost of the cheapest pattern: one table for every requirement, all at once."""
        model = Model()
        y = {cell: model.column(0, 1, self.weight(cell), whole=True) for cell in self.cells}
        for cell in self.must_hide:
            model.row(1, {y[cell]: 1.0})
        for doubt in self.asked():
            cell, down, up, still = doubt
            if not self.leaves(doubt, self.cells):
                if cell not in self.must_hide:
                    model.row(0, {y[cell]: 1.0}, high=0)
                continue
            switches = {other: y[other] for other in self.cells if other not in still}
            switches[cell] = y[cell]
            below, above = model.table(self, switches), model.table(self, switches)
            if down >= 0:
                model.row(0, {below[cell]: -1.0, y[cell]: -float(down)})
                model.row(0, {above[cell]: 1.0, y[cell]: -float(up)})
                continue
            lower = model.column(0, 1, 0.0, whole=True)
            model.row(0, {below[cell]: -1.0, lower: -1.0})
            model.row(0, {above[cell]: 1.0, y[cell]: -1.0, lower: 1.0})
        return model.minimum()


@dataclass
class Model:
    """A program in the making."""

    lows: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[float, float, dict[int, float]]] = field(default_factory=list)

    def column(self, low: float, high: float, cost: float = 0.0, *, whole: bool = False) -> int:
        """Add an unknown."""
        self.lows.append(low)
        self.highs.append(high)
        self.cost.append(cost)
        self.whole.append(whole)
        return len(self.lows) - 1

    def row(self, low: float, terms: Mapping[int, float], high: float = highspy.kHighsInf) -> None:
        """Add a condition."""
        self.rows.append((low, high, dict(terms)))

    def table(self, of: Columns, switches: Mapping[Cell, int | None]) -> dict[Cell, int]:
        """Add another table: what differs from the true one, only where a switch is on."""
        found = {}
        for cell, switch in switches.items():
            value, (low, high) = of.problem.table.value(cell), of.span(cell)
            found[cell] = self.column(low - value, high - value)
            if switch is not None:
                self.row(0, {found[cell]: 1.0, switch: float(value - low)})
                self.row(0, {found[cell]: -1.0, switch: float(high - value)})
        for one in of.sums:
            self.row(0, {found[c]: float(s) for c, s in one.items() if c in found}, high=0)
        return found

    def minimum(self) -> float:
        """Solve it to the end."""
        solver = highspy.Highs()  # type: ignore[no-untyped-call] # its own stub forgets
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("mip_rel_gap", _NEVER)
        solver.addVars(len(self.lows), self.lows, self.highs)
        for column, cost in enumerate(self.cost):
            if cost:
                solver.changeColCost(column, cost)
            if self.whole[column]:
                solver.changeColIntegrality(column, highspy.HighsVarType.kInteger)
        for low, high, terms in self.rows:
            solver.addRow(low, high, len(terms), list(terms), list(terms.values()))
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise AssertionError(solver.getModelStatus())
        return float(solver.getInfo().objective_function_value)


def columns_of(problem: Problem, measures: Sequence[Measure], hidden: Iterable[Cell]) -> Columns:
    """Pose some columns, given what is hidden of the others."""
    gone = set(hidden)
    forced = set()
    for index, row in enumerate(problem.table.rows):
        tiers = any((index, tier) in gone for tier in TIERS)
        number = (index, NUMBER) in gone
        for measure in measures:
            late = measure is Measure.ONGEOORLOOFDE_MINUTEN and number
            if measure in measures_of(row.niveau) and ((measure in MINUTES and tiers) or late):
                forced.add((index, measure))
    must = frozenset(c for c in {*problem.hidden, *forced} if c[1] in measures)
    numbers = frozenset(row for row, measure in gone if measure is NUMBER)
    return Columns(problem, tuple(measures), must, numbers)
