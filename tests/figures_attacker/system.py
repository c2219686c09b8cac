"""Unknown whole numbers, and linear relations that hold between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

INFINITE = float("inf")
Terms = tuple[tuple[int, int], ...]


class Impossible(Exception):
    """No numbers satisfy everything that was presumed."""


@dataclass(frozen=True, slots=True)
class Relation:
    """``least`` <= sum of coefficient x unknown <= ``most``."""

    terms: Terms
    least: float
    most: float


@dataclass(slots=True)
class System:
    """Unknowns are numbered; each lies between its ``low`` and ``high``."""

    low: list[int] = field(default_factory=list)
    high: list[int] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)

    def unknown(self, low: int, high: int) -> int:
        """Add an unknown and give its number."""
        self.low.append(low)
        self.high.append(high)
        return len(self.low) - 1

    def relate(
        self, terms: Iterable[tuple[int, int]], least: float = -INFINITE, most: float = INFINITE
    ) -> None:
        """Add a relation."""
        self.relations.append(Relation(tuple(terms), least, most))

    def fixed(self, unknown: int) -> bool:
        """Whether only one value is left."""
        return self.low[unknown] == self.high[unknown]

    def with_values(self, values: Mapping[int, int]) -> System:
        """Give the same system to somebody who knows the values of some unknowns."""
        narrower = System(self.low.copy(), self.high.copy(), self.relations)
        for unknown, value in values.items():
            if not self.low[unknown] <= value <= self.high[unknown]:
                raise Impossible
            narrower.low[unknown] = narrower.high[unknown] = value
        return narrower

    def components(self) -> list[list[int]]:
        """Give the groups of relations that share unknowns which are not fixed."""
        groups = _Groups(len(self.low))
        open_in = [[u for u, _ in r.terms if not self.fixed(u)] for r in self.relations]
        for unknowns in open_in:
            for other in unknowns[1:]:
                groups.join(unknowns[0], other)
        found: dict[int, list[int]] = {}
        for number, unknowns in enumerate(open_in):
            if unknowns:
                found.setdefault(groups.root(unknowns[0]), []).append(number)
        return list(found.values())

    def part(self, relations: Sequence[int]) -> tuple[System, dict[int, int]]:
        """Give some relations as a system of their own, and its number of each open unknown."""
        small, numbers = System(), dict[int, int]()
        for number in relations:
            relation = self.relations[number]
            constant = sum(c * self.low[u] for u, c in relation.terms if self.fixed(u))
            terms = [(u, c) for u, c in relation.terms if not self.fixed(u)]
            for unknown, _ in terms:
                if unknown not in numbers:
                    numbers[unknown] = small.unknown(self.low[unknown], self.high[unknown])
            small.relate(
                ((numbers[u], c) for u, c in terms),
                relation.least - constant,
                relation.most - constant,
            )
        return small, numbers


class _Groups:
    """Union-find."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, one: int) -> int:
        parent = self._parent
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    def join(self, one: int, other: int) -> None:
        self._parent[self.root(one)] = self.root(other)
