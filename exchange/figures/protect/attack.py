"""Attacks a pattern from outside and from within; each failure of it is a cut for the solver."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import chain

from exchange.figures.protect.flows import Network, Task
from exchange.figures.protect.part import Cut, Part

_UP, _DOWN, _ANYWHERE = -1, -2, -3
"""Whom a way around is remembered for, when it is not an insider (those count from zero)."""

_TOO_WIDE = 8
"""A cut with so many times more cells than another for the same failure is not worth it."""

Ends = tuple[dict[int, int], dict[int, int]]


class Attacker:
    """Finds what a pattern leaves too exposed, and remembers by which cells the rest is kept.

    ``hopeless`` are cells that outsiders come too near to whatever else is hidden. Those, and what
    insiders derive anyway, stay visible; where they must be hidden all the same, that is not asked.
    """

    def __init__(self, part: Part) -> None:
        self.hopeless: set[int] = set()
        self._part = part
        self._network = Network(part)
        self._all = Network(part)
        self._all.show(range(len(part.values)))
        self._kept: dict[tuple[int, int], frozenset[int]] = {}
        self._lost: set[tuple[int, int]] = set()
        self._owners: dict[int, list[int]] = {}
        for insider, cells in enumerate(part.insiders):
            for cell in cells:
                self._owners.setdefault(cell, []).append(insider)

    def cuts(self, hidden: Collection[int]) -> list[Cut]:
        """Give a cut or more for every failure of the pattern; none if it holds."""
        self._network.show(hidden)
        found: list[Cut] = []
        for cell in sorted(hidden):
            outside = [cut for up in (True, False) for cut in self._outside(cell, hidden, up=up)]
            found += outside
            if not outside and self._part.needs[cell].insider:
                found += self._inside(cell, hidden)
        return found

    def _outside(self, cell: int, hidden: Collection[int], *, up: bool) -> list[Cut]:
        task = Task(cell, up, self._part.asked(cell, up=up))
        key = cell, _UP if up else _DOWN
        if not task.amount or key in self._lost or self._is_kept(key, hidden):
            return []
        fits = self._part.room(cell, up=up) >= task.amount
        moved = self._network.move(task)
        if fits and not moved.stuck:
            self._kept[key] = moved.used
            return []
        if fits and moved.stuck and not self._all.move(task).stuck:
            return _cuts(task, self._ends(task, moved.stuck))
        self.hopeless.add(cell)
        self._lost.add(key)
        return [] if cell in self._part.must_hide else [Cut(cell, task.amount, ())]

    def _inside(self, cell: int, hidden: Collection[int]) -> list[Cut]:
        """Whoever knows no cell on some way around is left in doubt; ask only about the others."""
        if not self._in_doubt(cell, _ANYWHERE, hidden):
            return self._insider_cuts(cell, _ANYWHERE)
        way = self._kept.get((cell, _ANYWHERE), frozenset())
        near = set(chain.from_iterable(self._owners.get(other, ()) for other in way))
        found: list[Cut] = []
        for who in sorted(near.difference(self._owners.get(cell, ()))):
            if not self._in_doubt(cell, who, hidden):
                found += self._insider_cuts(cell, who)
        return found

    def _in_doubt(self, cell: int, who: int, hidden: Collection[int]) -> bool:
        """Whether the number may be another one for somebody who knows more, or never can be."""
        if (cell, who) in self._lost or self._is_kept((cell, who), hidden):
            return True
        for task in self._doubts(cell, who):
            moved = self._network.move(task)
            if not moved.stuck:
                self._kept[cell, who] = moved.used
                return True
        return False

    def _doubts(self, cell: int, who: int) -> list[Task]:
        fixed = self._part.insiders[who] if who >= 0 else frozenset()
        ways = [up for up in (True, False) if self._part.room(cell, up=up)]
        return [Task(cell, up, 1, fixed) for up in ways]

    def _insider_cuts(self, cell: int, who: int) -> list[Cut]:
        """One way of the two would do, so a cut holds what could carry either."""
        ends: Ends = {}, {}
        tasks = self._doubts(cell, who)
        if all(self._all.move(task).stuck for task in tasks):
            self._lost.add((cell, who))
            return [] if cell in self._part.must_hide else [Cut(cell, 1, ())]
        for task in tasks:
            stuck = self._network.move(task).stuck
            for end, terms in zip(ends, self._ends(task, stuck or _NOWHERE), strict=True):
                end.update(dict.fromkeys(terms, 1))
        return _cuts(tasks[0], ends)

    def _is_kept(self, key: tuple[int, int], hidden: Collection[int]) -> bool:
        used = self._kept.get(key)
        return used is not None and all(cell in hidden for cell in used)

    def _ends(self, task: Task, stuck: tuple[frozenset[int], frozenset[int]]) -> Ends:
        head, tail = stuck
        return (
            self._network.crossing(head, task, out=task.up),
            self._network.crossing(tail, task, out=not task.up),
        )


_NOWHERE: tuple[frozenset[int], frozenset[int]] = frozenset(), frozenset()


def _cuts(task: Task, ends: Ends) -> list[Cut]:
    small, large = sorted(ends, key=len)
    worth = [small] if len(large) > _TOO_WIDE * len(small) else [small, large]
    return [Cut(task.cell, task.amount, _terms(end, task.amount)) for end in worth]


def _terms(end: Mapping[int, int], amount: int) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((cell, min(most, amount)) for cell, most in end.items()))
