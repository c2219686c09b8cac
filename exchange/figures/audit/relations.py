"""Writes down as linear relations what every table of some rows must fulfil.

An unknown is what a cell has more than the truth, as two columns: what is added and what is taken,
each at a cost. So the true table is the start, and the cheapest other table differs in few cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import highspy
import numpy as np
from numpy.typing import NDArray

from exchange.figures.audit.groups import Bounds
from exchange.figures.audit.view import (
    EXCUSED,
    FIRST,
    JOINT,
    NUMBER,
    SECOND,
    THIRD,
    TIER_COLUMNS,
    UNEXCUSED,
    WIDTH,
    View,
)

_MOST_NODES = 20_000
"""Not time: the same table must give the same certificate on any machine."""

_INFINITY = highspy.kHighsInf


class Relations:
    """Unknowns and the relations between them; an unknown that is no cell has a negative number."""

    def __init__(self, view: View, cells: Iterable[int]) -> None:
        self._view = view
        self.at: dict[int, int] = {}
        self._true: dict[int, int] = {}
        self._most: dict[int, int] = {}
        for cell in cells:
            self._know(cell, view.value[cell], view.top[cell])
        self._low: list[float] = []
        self._high: list[float] = []
        self._starts: list[int] = []
        self._index: list[int] = []
        self._factor: list[float] = []

    def add_sum(self, row: int, column: int) -> None:
        """What is added below a row is together what is added in it."""
        terms = {child * WIDTH + column: 1 for child in self._view.below(row, column)}
        self._require({**terms, row * WIDTH + column: -1}, 0, 0)

    def add_group(self, row: int) -> None:
        """The figures of one vestiging are those of a group of pupils (see ``groups``)."""
        start = row * WIDTH
        if not any(cell in self.at for cell in range(start, start + JOINT)):
            return
        pupils = self._view.rows[row].leerlingen
        self._require({start + column: 1 for column in TIER_COLUMNS}, pupils, pupils)
        bounds = self._view.bounds[row]
        if bounds is not None:
            self._close_empty(start, bounds)
            self._bind(start, bounds)

    def limits(self) -> tuple[list[int], list[int]]:
        """Give the most that can be added to each unknown, and the most that can be taken."""
        added = [self._most[key] - self._true[key] for key in self.at]
        return added, [self._true[key] for key in self.at]

    def minutes(self) -> NDArray[np.int32]:
        """Give the columns of minutes, which need not be told to be whole.

        Once pupils are whole, minutes flow through a network, and corners of that are whole.
        """
        unknowns = enumerate(self.at)
        found = [at for at, key in unknowns if key >= 0 and key % WIDTH in (EXCUSED, UNEXCUSED)]
        return np.array([column for at in found for column in (2 * at, 2 * at + 1)], np.int32)

    def solver(self) -> highspy.Highs:
        """Hand everything over: for each unknown a column for what is added, then for the taken."""
        count = len(self.at)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = 2 * count, len(self._low)
        model.col_cost_ = np.ones(2 * count)
        model.col_lower_, model.col_upper_ = np.zeros(2 * count), np.zeros(2 * count)
        model.row_lower_, model.row_upper_ = np.array(self._low), np.array(self._high)
        matrix = model.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.start_ = np.array([*self._starts, len(self._index)])
        matrix.index_, matrix.value_ = np.array(self._index), np.array(self._factor)
        kinds = np.full(2 * count, highspy.HighsVarType.kInteger)
        kinds[self.minutes()] = highspy.HighsVarType.kContinuous
        model.integrality_ = list(kinds)
        solver = highspy.Highs()  # type: ignore[no-untyped-call]  # its constructor has no types
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("mip_max_nodes", _MOST_NODES)
        solver.setOptionValue("mip_rel_gap", 1.0)  # any table will do; the cost only leads there
        solver.passModel(model)
        return solver

    def _know(self, key: int, true: int, most: int) -> None:
        self.at[key], self._true[key], self._most[key] = len(self.at), true, most

    def _close_empty(self, start: int, bounds: Bounds) -> None:
        for column, empty in ((SECOND, bounds.empty_second), (THIRD, bounds.empty_third)):
            if empty and start + column in self.at:
                self._most[start + column] = 0

    def _bind(self, start: int, bounds: Bounds) -> None:
        """Those with unauthorised minutes per tier are three unknowns more: ``of``.

        The most excused minutes follow from the most together and the least of the others.
        """
        of = self._of(start, bounds)
        least = (0, bounds.least_second, bounds.least_third)
        most = (bounds.most_first, bounds.most_second, bounds.most_third)
        tiers = [start + column for column in TIER_COLUMNS]
        excused, unexcused, number = start + EXCUSED, start + UNEXCUSED, start + NUMBER
        self._require({**dict.fromkeys(of, 1), number: -1}, 0, 0)
        for own, tier in zip(of, tiers, strict=True):
            self._require({tier: 1, own: -1}, 0, None)
        self._require({unexcused: 1, number: -1}, 0, None)
        self._require({unexcused: -1, **dict(zip(of, most, strict=True))}, 0, None)
        below = dict(zip(tiers, (-minutes for minutes in least), strict=True))
        self._require({excused: 1, **below, **dict(zip(of, least, strict=True))}, 0, None)
        above = dict(zip(tiers, most, strict=True))
        self._require({excused: 1, unexcused: 1, **below, of[0]: -1}, 0, None)
        self._require({**above, excused: -1, unexcused: -1}, 0, None)

    def _of(self, start: int, bounds: Bounds) -> list[int]:
        """As far down the tiers as they can, which is a truth like any other."""
        left, found = self._view.value[start + NUMBER], []
        for column in (THIRD, SECOND, FIRST):
            true = min(left, self._view.value[start + column])
            left -= true
            closed = column == FIRST and not bounds.absent_in_first
            key = -(start + column) - 1
            self._know(key, true, 0 if closed else self._view.rows[start // WIDTH].leerlingen)
            found.append(key)
        return found[::-1]

    def _require(self, terms: Mapping[int, int], low: int, high: int | None) -> None:
        """Bound a sum over cells and other unknowns; what may not differ is a constant in it."""
        true = sum(
            factor * (self._true[key] if key in self._true else self._view.value[key])
            for key, factor in terms.items()
        )
        unknown = {self.at[key]: factor for key, factor in terms.items() if key in self.at}
        if not unknown:
            return
        self._starts.append(len(self._index))
        for at, factor in unknown.items():
            self._index += (2 * at, 2 * at + 1)
            self._factor += (factor, -factor)
        self._low.append(low - true)
        self._high.append(_INFINITY if high is None else high - true)
