"""Chooses the cheapest pattern that satisfies all cuts so far, one group of tied cells at a time.

Cells that must be hidden tie nothing together, so most groups are a school or a gemeente wide, and
only groups that got a new cut are solved again. A cut that would tie too much together is loose:
it is left out of the bound, and its groups satisfy it one at a time while the others stand still.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from exchange.figures.protect.part import Cut, Part
from exchange.figures.protect.program import Choice, Row, cheapest

Remaining = Callable[[], float]
"""How many seconds may still be used."""

_MOST_TIED = 2_000
"""No more cells than that in one group."""
_MOST_STEPS = 60_000
"""So much work, in steps of the simplex method, for one group before it settles."""
_SLACK = 1e-3
"""A large group may cost so much more than its cheapest, as a share of what must be hidden."""


@dataclass(slots=True)
class _Group:
    """Cells that cuts tie together, with the best that is known about them."""

    cells: set[int]
    rows: list[Row] = field(default_factory=list)
    chosen: frozenset[int] = frozenset()
    bound: float = 0.0
    stale: bool = False
    steps: int = 0

    @property
    def settled(self) -> bool:
        """Whether it keeps what it hides, and only hides more.

        Some groups would go on for long exchanging cells for others that are hardly cheaper.
        """
        return self.steps > _MOST_STEPS

    @property
    def kept(self) -> list[Row]:
        """What it may not change any more."""
        cells = sorted(self.chosen) if self.settled else ()
        return [Row(None, 1, (cell,), (1,)) for cell in cells]


class Master:
    """The cuts so far, and the cheapest pattern under them."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._must = sum(part.weights[cell] for cell in sorted(part.must_hide))
        self._group: dict[int, _Group] = {}
        self._rows: set[Row] = set()
        self._loose: list[Row] = []

    @property
    def hidden(self) -> frozenset[int]:
        """The pattern."""
        return self._part.must_hide.union(*(group.chosen for group in self._groups()))

    @property
    def bound(self) -> float:
        """What every pattern costs that satisfies the cuts, at least."""
        return self._must + sum(group.bound for group in self._groups())

    def add(self, cuts: Iterable[Cut]) -> bool:
        """Take cuts, and say whether any was new.

        One that is there already is violated within the rounding of the solver: then it is said
        in whole cells.
        """
        hidden, taken = self.hidden, False
        for cut in cuts:
            if self._take(self._row(cut)):
                taken = True
            elif not cut.holds(hidden):
                taken |= self._take(self._row(_one_more(cut, hidden)))
        return taken

    def solve(self, remaining: Remaining) -> bool:
        """Solve the groups that got cuts; False if time ran out before all were."""
        for group in self._groups():
            if group.stale and any(row.owner is None for row in group.rows):
                if remaining() <= 0:
                    return False
                self._improve(group, remaining())
        return self._satisfy_loose(remaining)

    def _improve(self, group: _Group, seconds: float) -> None:
        """Cells that cannot be protected stay visible, unless others cannot do without them."""
        rows = [*group.rows, *group.kept]
        choice = self._cheapest(rows, seconds)
        if choice.hidden is None:
            choice = self._cheapest([row for row in rows if row.cells], seconds)
        if choice.hidden is None:
            return
        group.chosen, group.stale = choice.hidden, False
        if not group.settled:
            group.bound = max(group.bound, choice.bound)
        group.steps += choice.steps

    def _satisfy_loose(self, remaining: Remaining) -> bool:
        hidden = self.hidden
        for row in self._loose:
            for group in self._of(self._by_cost(row)):
                if row.holds(hidden):
                    break
                if remaining() <= 0:
                    return False
                hidden = self._adapt(group, hidden - group.cells, remaining())
        return True

    def _by_cost(self, row: Row) -> list[int]:
        """Whoever asks for it may do without; else the cheapest cell is tried first."""
        cells = sorted(row.cells, key=lambda cell: (self._part.weights[cell], cell))
        return cells if row.owner is None else [row.owner, *cells]

    def _adapt(self, group: _Group, others: frozenset[int], seconds: float) -> frozenset[int]:
        """Let one group do what it can for the loose cuts, given the pattern elsewhere."""
        rows = [inner for row in self._loose if (inner := row.within(group.cells, others))]
        if rows:
            choice = self._cheapest([*group.rows, *group.kept, *rows], seconds)
            group.chosen = group.chosen if choice.hidden is None else choice.hidden
            group.steps += choice.steps
        return others | group.chosen

    def _cheapest(self, rows: Sequence[Row], seconds: float) -> Choice:
        return cheapest(rows, self._part.weights, seconds, _SLACK * self._must)

    def _row(self, cut: Cut) -> Row | None:
        """Count in what must be hidden anyway."""
        must = self._part.must_hide
        left = cut.amount - sum(most for cell, most in cut.terms if cell in must)
        if left <= 0:
            return None
        free = [(cell, min(most, left)) for cell, most in cut.terms if cell not in must]
        owner = None if cut.cell in must else cut.cell
        return Row(owner, left, tuple(cell for cell, _ in free), tuple(most for _, most in free))

    def _take(self, row: Row | None) -> bool:
        if row is None or row in self._rows or not row.tied:
            return False
        self._rows.add(row)
        for cell in row.tied:
            self._group.setdefault(cell, _Group({cell}))
        groups = self._of(row.tied)
        if len(groups) > 1 and sum(len(group.cells) for group in groups) > _MOST_TIED:
            self._loose.append(row)
        else:
            self._merged(groups).rows.append(row)
        return True

    def _merged(self, groups: list[_Group]) -> _Group:
        """Let the largest group take in the others."""
        whole = max(groups, key=lambda group: len(group.cells))
        for group in groups:
            if group is not whole:
                whole.cells |= group.cells
                whole.rows += group.rows
                whole.chosen |= group.chosen
                whole.bound += group.bound
                whole.steps += group.steps
                self._group.update(dict.fromkeys(group.cells, whole))
        whole.stale = True
        return whole

    def _groups(self) -> list[_Group]:
        return self._of(sorted(self._group))

    def _of(self, cells: Iterable[int]) -> list[_Group]:
        """Give the groups of some cells, each once."""
        return list({id(self._group[cell]): self._group[cell] for cell in cells}.values())


def _one_more(cut: Cut, hidden: frozenset[int]) -> Cut:
    terms = tuple((cell, 1) for cell, _ in cut.terms if cell not in hidden)
    return Cut(cut.cell, 1, terms)
