"""Brings every hidden cell as near to one value as the published files allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.figures_attacker.beliefs import Presumed, presumptions
from tests.figures_attacker.extremes import Extremes
from tests.figures_attacker.goals import Goals, Interval, settled
from tests.figures_attacker.narrow import narrow
from tests.figures_attacker.published import Key, Line
from tests.figures_attacker.relations import Where, describe
from tests.figures_attacker.system import Impossible, System


@dataclass(frozen=True, slots=True)
class Part:
    """What is unknown and hangs together; ``cells`` says which cell an unknown is, if it is one."""

    system: System
    cells: Mapping[int, Where]

    def narrowed(self, certain: int | None = None) -> Iterator[Part]:
        """Give it narrowed, in the parts into which it then falls; the last are single values.

        Relations from ``certain`` on are beliefs: they go where they contradict what is certain.
        """
        for component in self.system.components():
            part = self._believing(component, certain)
            for narrower in part.system.components():
                yield part._of(narrower)
            yield Part(part.system, {u: w for u, w in part.cells.items() if part.system.fixed(u)})

    def _believing(self, component: Sequence[int], certain: int | None) -> Part:
        sure = [r for r in component if certain is None or r < certain]
        part = self._of(component)
        try:
            narrow(part.system)
            if len(sure) < len(component):
                Extremes(part.system, (), lambda *_: True).require_possible()
        except Impossible:
            if len(sure) == len(component):
                raise
            part = self._of(sure)
            narrow(part.system)
        return part

    def _of(self, relations: Sequence[int]) -> Part:
        system, numbers = self.system.part(relations)
        return Part(system, {n: self.cells[u] for u, n in numbers.items() if u in self.cells})

    def intervals(self, goals: Goals | None) -> dict[Where, Interval]:
        """Give what is left of each cell, or as much of it as the goals ask."""
        low, high = self.system.low, self.system.high
        found = {w: (low[u], high[u]) for u, w in self.cells.items() if self.system.fixed(u)}
        wanted = [u for u in self.cells if not self.system.fixed(u)]
        if wanted:
            extremes = Extremes(
                self.system, wanted, lambda u, *seen: settled(goals, self.cells[u], *seen)
            )
            found |= {self.cells[u]: seen for u, seen in extremes.intervals().items()}
        return found


class Attack:
    """Files of successive releases of one month, oldest first, each pooled over all roles.

    ``planned``: the minutes of one pupil at each vestiging, which its calendar tells everybody.
    """

    def __init__(
        self,
        releases: Sequence[Mapping[Key, Line]],
        planned: Mapping[str, int],
        presumed: Presumed = Presumed(),  # noqa: B008  frozen
    ) -> None:
        system, numbers = System(), dict[Where, int]()
        for release, lines in enumerate(releases):
            numbers |= describe(system, release, lines, planned)
        certain = len(system.relations)
        for where, before in presumptions(releases, presumed):
            system.relate([(numbers[where], 1), (numbers[before], -1)], 0, 0)
        whole = Part(system, {n: where for where, n in numbers.items()})
        self._parts = list(whole.narrowed(certain))
        self._part_of = {where: part for part in self._parts for where in part.cells.values()}

    def intervals(self, goals: Goals | None = None) -> dict[Where, Interval]:
        """Give what is left of every hidden cell, or as much of it as the goals ask."""
        return {w: i for part in self._parts for w, i in part.intervals(goals).items()}

    def insider(self, own: Mapping[Where, int], goals: Goals | None) -> dict[Where, Interval]:
        """Give what is left, for who knows its ``own`` cells, of the cells that those touch."""
        touched = {id(part): part for w in own if (part := self._part_of.get(w)) is not None}
        found: dict[Where, Interval] = {}
        for part in touched.values():
            values = {u: own[w] for u, w in part.cells.items() if w in own}
            if values and not all(map(part.system.fixed, values)):
                known = Part(part.system.with_values(values), part.cells)
                for narrower in known.narrowed():
                    found |= narrower.intervals(goals)
        return {where: interval for where, interval in found.items() if where not in own}
