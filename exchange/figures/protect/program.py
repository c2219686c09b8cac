"""Finds the cheapest cells to hide under some rows: a small integer program for HiGHS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import highspy
import numpy as np

_FEW = 300
"""Programs of up to so many cells are solved to the end, larger ones until little is left."""

_EXACT, _ALMOST = 1e-6, 1e-3


@dataclass(frozen=True, slots=True)
class Row:
    """What is hidden of ``cells`` must add up to ``amount``: if ``owner`` is hidden, or always."""

    owner: int | None
    amount: int
    cells: tuple[int, ...]
    most: tuple[int, ...]

    @property
    def tied(self) -> tuple[int, ...]:
        """All cells that this row says something about."""
        return self.cells if self.owner is None else (*self.cells, self.owner)

    def holds(self, hidden: Set[int]) -> bool:
        """Whether a pattern satisfies it."""
        if self.owner is not None and self.owner not in hidden:
            return True
        terms = zip(self.cells, self.most, strict=True)
        return sum(most for cell, most in terms if cell in hidden) >= self.amount

    def within(self, group: Set[int], others: Set[int]) -> Row | None:
        """Say what it asks of a group if elsewhere ``others`` are hidden.

        Nothing, if it holds already or the group alone cannot make it hold.
        """
        terms = list(zip(self.cells, self.most, strict=True))
        left = self.amount - sum(most for cell, most in terms if cell in others)
        mine = [(cell, min(most, left)) for cell, most in terms if cell in group]
        owner = self.owner if self.owner in group else None
        asked = self.owner is None or self.owner in group or self.owner in others
        able = owner is not None or sum(most for _, most in mine) >= left
        if left <= 0 or not asked or not able:
            return None
        return Row(owner, left, tuple(cell for cell, _ in mine), tuple(most for _, most in mine))


@dataclass(frozen=True, slots=True)
class Choice:
    """What to hide, if anything was found, what any choice costs at least, and the steps taken."""

    hidden: frozenset[int] | None
    bound: float
    steps: int


def cheapest(rows: Sequence[Row], weights: Sequence[float], seconds: float, slack: float) -> Choice:
    """Choose cells; ``hidden`` is None if the rows contradict each other or time is up.

    ``slack`` is how much more a choice among many cells may cost than the cheapest one.
    """
    cells = sorted({cell for row in rows for cell in row.tied})
    solver = _solver(seconds)
    if len(cells) > _FEW:
        solver.setOptionValue("mip_rel_gap", _ALMOST)
        solver.setOptionValue("mip_abs_gap", slack)
    solver.passModel(_model(rows, {cell: at for at, cell in enumerate(cells)}, weights))
    solver.run()
    info = solver.getInfo()
    bound, steps = max(0.0, info.mip_dual_bound), int(info.simplex_iteration_count)
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return Choice(None, 0.0, steps)
    values = solver.getSolution().col_value
    hidden = frozenset(cell for cell, y in zip(cells, values, strict=True) if y > 0.5)
    return Choice(hidden, bound, steps)


def _solver(seconds: float) -> highspy.Highs:
    solver = highspy.Highs()  # type: ignore[no-untyped-call] # its own stub forgets
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 0),
        ("mip_rel_gap", _EXACT),
        ("mip_abs_gap", _EXACT),
        ("time_limit", seconds),
    ):
        solver.setOptionValue(option, value)
    return solver


def _model(
    rows: Sequence[Row], places: Mapping[int, int], weights: Sequence[float]
) -> highspy.HighsLp:
    """Rows are divided by their amount, so that minutes and pupils are equally exact."""
    lp, count = highspy.HighsLp(), len(places)
    index: list[int] = []
    value: list[float] = []
    start = [0]
    for row in rows:
        index += [places[cell] for cell in row.tied]
        value += [most / row.amount for most in row.most]
        value += [] if row.owner is None else [-1.0]
        start.append(len(index))
    lp.num_col_, lp.num_row_ = count, len(rows)
    lp.col_cost_ = np.array([weights[cell] for cell in places])
    lp.col_lower_, lp.col_upper_ = np.zeros(count), np.ones(count)
    lp.integrality_ = [highspy.HighsVarType.kInteger] * count
    lp.row_lower_ = np.array([float(row.owner is None) for row in rows])
    lp.row_upper_ = np.full(len(rows), highspy.kHighsInf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.array(start, dtype=np.int32)
    lp.a_matrix_.index_ = np.array(index, dtype=np.int32)
    lp.a_matrix_.value_ = np.array(value)
    return lp
