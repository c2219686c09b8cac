"""Finds another table or shows that there is none: an integer program over a part of the tree.

With the edge of the part at its true values, a table that is found is a table of the whole. With
the edge free, that none is found shows that the whole has none either. Only when both leave it open
must a larger part be looked at.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto

import highspy
import numpy as np
from numpy.typing import NDArray

from exchange.figures.audit.relations import Relations
from exchange.figures.audit.view import JOINT, WIDTH, Deviations, View


class Answer(Enum):
    """There is none; or it was not found, which proves nothing."""

    NONE = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Wanted:
    """The other table: ``amount`` more in one cell, or further; the same in the ``fixed`` rows.

    Only cells in ``free`` may differ.
    """

    number: int
    amount: int
    free: Collection[int]
    fixed: Collection[int]


class Program:
    """All tables of some rows, made once and asked often."""

    def __init__(self, view: View, rows: Collection[int], messages: bool) -> None:
        columns = range(JOINT, WIDTH) if messages else range(JOINT)
        cells = [row * WIDTH + column for row in sorted(rows) for column in columns]
        self._cells = [cell for cell in cells if cell in view.hidden]
        self._relations = Relations(view, self._cells)
        self._edge: set[int] = set()
        for row in sorted(rows):
            self._add(view, row, rows, columns)
        self._high = np.array(self._relations.limits(), float).T.ravel()
        self._solver = self._relations.solver()

    def ask(self, wanted: Wanted) -> Deviations | Answer:
        """Give such a table, or say that there is none, or that this part cannot tell."""
        if wanted.number not in self._relations.at:
            return Answer.NONE
        answer = self._solve(wanted, self._edge)
        if isinstance(answer, Answer) and self._is_loose(wanted):
            return Answer.NONE if self._solve(wanted, ()) is Answer.NONE else Answer.UNKNOWN
        return answer

    def _add(self, view: View, row: int, rows: Collection[int], columns: range) -> None:
        below = view.below(row, columns[0])
        if below and below[0] in rows:
            for column in columns:
                self._relations.add_sum(row, column)
        elif below:
            self._edge.add(row)
        if view.parent[row] is not None and view.parent[row] not in rows:
            self._edge.add(row)
        if view.rows[row].vestiging is not None:
            self._relations.add_group(row)

    def _is_loose(self, wanted: Wanted) -> bool:
        """Whether something on the edge may differ."""
        return any(
            cell // WIDTH in self._edge and cell // WIDTH not in wanted.fixed
            for cell in self._cells
            if cell in wanted.free
        )

    def _solve(self, wanted: Wanted, still: Collection[int]) -> Deviations | Answer:
        """Solve with the rows that are ``still`` at their true values, besides the fixed ones."""
        high = self._high.copy()
        for at, cell in enumerate(self._cells):
            row = cell // WIDTH
            if row in still or row in wanted.fixed or cell not in wanted.free:
                high[2 * at : 2 * at + 2] = 0
        low = np.zeros(len(high))
        added = 2 * self._relations.at[wanted.number]
        taken = added + 1
        forced, closed = (added, taken) if wanted.amount > 0 else (taken, added)
        low[forced], high[closed] = abs(wanted.amount), 0
        if low[forced] > high[forced]:
            return Answer.NONE
        count = len(high)
        self._solver.changeColsBounds(count, np.arange(count, dtype=np.int32), low, high)
        return self._run()

    def _run(self) -> Deviations | Answer:
        """Solve, if need be again with minutes told to be whole like pupils: that takes longer."""
        answer, is_whole = self._try()
        if is_whole:
            return answer
        minutes = self._relations.minutes()
        self._solver.changeColsIntegrality(len(minutes), minutes, _kinds(minutes, _WHOLE))
        answer, _ = self._try()
        self._solver.changeColsIntegrality(len(minutes), minutes, _kinds(minutes, _ANY))
        return answer

    def _try(self) -> tuple[Deviations | Answer, bool]:
        """Give an answer, and whether it is one: rounded minutes need not add up."""
        solver = self._solver
        solver.clearSolver()
        solver.run()
        if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return Answer.NONE, True
        if solver.getInfo().primal_solution_status != highspy.kSolutionStatusFeasible:
            return Answer.UNKNOWN, True
        found = np.array(solver.getSolution().col_value)
        whole = np.rint(found)
        added = (whole[0::2] - whole[1::2]).astype(np.int64)[: len(self._cells)].tolist()
        changes = {cell: more for cell, more in zip(self._cells, added, strict=True) if more}
        return changes, bool(np.abs(found - whole).max(initial=0) < _NEARLY)


_WHOLE, _ANY = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
_NEARLY = 1e-4


def _kinds(columns: NDArray[np.int32], kind: highspy.HighsVarType) -> NDArray[np.uint8]:
    return np.full(len(columns), int(kind), np.uint8)
