"""Makes another table out of the true one by moving amounts through the tree of sums, cheaply.

A move changes one column, or one tier up and another down. What changes in a row is taken back by
rows beside it, else it changes the row above, and so on until all sums hold again. Where moved
pupils no longer fit their minutes, the minutes move as well. It may fail where a table exists.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from exchange.figures.audit.groups import possible, room
from exchange.figures.audit.minutes import mended, reach
from exchange.figures.audit.view import (
    EXCUSED,
    FIRST,
    JOINT,
    NUMBER,
    THIRD,
    TIER_COLUMNS,
    UNEXCUSED,
    WIDTH,
    Deviations,
    View,
)

Move = tuple[tuple[int, int], ...]
"""Columns that change together, each with its sign."""

_MINUTES = (EXCUSED, UNEXCUSED)
_MOST_STEPS = 64
"""Pupils are moved one fewer at a time until they fit; larger moves are left to the program."""


def draft(
    view: View, free: Collection[int], fixed: Collection[int], number: int, amount: int
) -> Deviations | None:
    """Give a table with exactly ``amount`` more in one cell; None if no simple one is found.

    Only cells in ``free`` may differ, and none in the rows that are ``fixed``.
    """
    row, column = divmod(number, WIDTH)
    for bold in (False, True):
        for move in _moves(column):
            attempt = _Draft(view, free, fixed, bold)
            if attempt.make(row, move, amount):
                return attempt.changes()
    return None


def _moves(column: int) -> Sequence[Move]:
    if column not in TIER_COLUMNS:
        return (((column, 1),),)
    return [((column, 1), (other, -1)) for other in TIER_COLUMNS if other != column]


class _Draft:
    """A table in the making; ``bold`` also moves pupils whose minutes must then follow."""

    def __init__(
        self, view: View, free: Collection[int], fixed: Collection[int], bold: bool
    ) -> None:
        self._view = view
        self._free = free
        self._fixed = fixed
        self._bold = bold
        self._added: dict[int, int] = {}
        self._misfits: list[int] = []

    def make(self, row: int, move: Move, amount: int) -> bool:
        if not self._movable(row, move) or not self._forced(row, move, amount):
            return False
        if not self._settle(row, move, amount):
            return False
        kept = move[0][0] if len(move) == 1 else None
        if not all(self._mend(misfit, kept if misfit == row else None) for misfit in self._misfits):
            return False
        return all(self._fits(touched) for touched in {cell // WIDTH for cell in self._added})

    def changes(self) -> Deviations:
        return {cell: added for cell, added in sorted(self._added.items()) if added}

    def _forced(self, row: int, move: Move, amount: int) -> bool:
        """Change the row itself by exactly ``amount``, and the rows below it accordingly."""
        below = self._view.below(row, move[0][0])
        if below and self._spread(below, move, amount) != amount:
            return False
        if not below and self._within(row, move, amount) != amount:
            return False
        self._add(row, move, amount)
        self._misfits.append(row)
        return True

    def _settle(self, row: int, move: Move, amount: int) -> bool:
        """Undo a change in the rows beside it, or else carry it to the row above."""
        view, column = self._view, move[0][0]
        while (parent := view.parent[row]) is not None:
            brothers = view.below(parent, column)
            at = brothers.index(row) + 1
            amount += self._spread(brothers[at:] + brothers[: at - 1], move, -amount)
            if not amount:
                return True
            if not self._movable(parent, move) or self._within(parent, move, amount) != amount:
                return False
            self._add(parent, move, amount)
            row = parent
        return True

    def _spread(self, rows: Sequence[int], move: Move, amount: int) -> int:
        """Change some of these rows by ``amount`` together, one if one can; say what they took."""
        for row in rows:
            before = dict(self._added)
            if self._take(row, move, amount) == amount:
                return amount
            self._added = before
        left = amount
        for row in rows:
            left -= self._take(row, move, left)
            if not left:
                break
        return amount - left

    def _take(self, row: int, move: Move, amount: int) -> int:
        """Change a row and what is below it by up to ``amount``; say how much that was."""
        if not self._movable(row, move):
            return 0
        amount = self._within(row, move, amount)
        below = self._view.below(row, move[0][0])
        taken = self._spread(below, move, amount) if below else self._fitting(row, move, amount)
        if taken:
            self._add(row, move, taken)
        return taken

    def _movable(self, row: int, move: Move) -> bool:
        if row in self._fixed:
            return False
        return all(row * WIDTH + column in self._free for column, _ in move)

    def _within(self, row: int, move: Move, amount: int) -> int:
        """Cut ``amount`` to what keeps the cells between zero and the most."""
        size = abs(amount)
        for column, sign in move:
            cell = row * WIDTH + column
            now = self._view.value[cell] + self._added.get(cell, 0)
            size = min(size, self._view.top[cell] - now if sign * amount > 0 else now)
        return size if amount > 0 else -size

    def _fitting(self, row: int, move: Move, amount: int) -> int:
        """Cut ``amount`` to what pupils of this vestiging could have."""
        bounds, column = self._view.bounds[row], move[0][0]
        if bounds is None or column >= JOINT or not amount:
            return amount
        now = self._now(row)
        if column in _MINUTES:
            found = room(bounds, now[FIRST : THIRD + 1], now[NUMBER])
            return 0 if found is None else reach(found, now, column, amount)
        step = 1 if amount > 0 else -1
        if self._bold and abs(amount) <= _MOST_STEPS:
            self._misfits.append(row)
            return amount
        for size in range(min(abs(amount), _MOST_STEPS), 0, -1):
            changed = list(now)
            for moved, sign in move:
                changed[moved] += sign * step * size
            if possible(bounds, changed):
                return step * size
        return 0

    def _mend(self, row: int, kept: int | None) -> bool:
        """Move minutes of this vestiging until its pupils could have them."""
        bounds = self._view.bounds[row]
        if bounds is None:
            return True
        now = self._now(row)
        found = room(bounds, now[FIRST : THIRD + 1], now[NUMBER])
        if found is None:
            return False
        may = [c for c in _MINUTES if c != kept and self._movable(row, ((c, 1),))]
        minutes = mended(found, now, may)
        if minutes is None:
            return False
        return all(self._shift(row, column, minutes[column] - now[column]) for column in may)

    def _shift(self, row: int, column: int, change: int) -> bool:
        move = ((column, 1),)
        if change:
            self._add(row, move, change)
        return not change or self._settle(row, move, change)

    def _fits(self, row: int) -> bool:
        bounds = self._view.bounds[row]
        return bounds is None or possible(bounds, self._now(row))

    def _now(self, row: int) -> list[int]:
        start = row * WIDTH
        value, added = self._view.value, self._added
        return [value[cell] + added.get(cell, 0) for cell in range(start, start + JOINT)]

    def _add(self, row: int, move: Move, amount: int) -> None:
        for column, sign in move:
            cell = row * WIDTH + column
            self._added[cell] = self._added.get(cell, 0) + sign * amount
