"""A part of a table as the solver sees it: numbers that run between sums, and what must be hidden.

A change of the numbers that keeps every published sum true is a circulation: what a cell gains
must go round through other cells that can move. So attacking is a matter of flows, without any
rounding: flows of whole amounts reach as far as those of fractions.
"""

from __future__ import annotations

from dataclasses import dataclass

from exchange.figures.secrets import Need

Relation = tuple[tuple[int, int], ...]
"""Cells of a sum, each with its sign: the signed changes of all of them add up to nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """Each cell is an arc from the sum ``tail`` to the sum ``head``, both numbered from zero.

    ``lower`` and ``upper`` are what anybody could believe of a cell. ``weights`` say what it costs
    to hide one. ``known`` cells move only for the sake of a known one. Each of ``insiders`` is the
    set of cells that somebody knows. ``relations`` are all sums, also those that follow from
    others: they help the solver and change nothing.
    """

    name: str
    values: tuple[int, ...]
    lower: tuple[int, ...]
    upper: tuple[int, ...]
    tail: tuple[int, ...]
    head: tuple[int, ...]
    weights: tuple[float, ...]
    needs: tuple[Need, ...]
    must_hide: frozenset[int]
    known: frozenset[int]
    insiders: tuple[frozenset[int], ...]
    relations: tuple[Relation, ...]

    def room(self, cell: int, *, up: bool) -> int:
        """Give how far the number in a cell could believably move."""
        if up:
            return self.upper[cell] - self.values[cell]
        return self.values[cell] - self.lower[cell]

    def asked(self, cell: int, *, up: bool) -> int:
        """Give how far an attacker must be kept from the number in a cell, if it is hidden."""
        return self.needs[cell].up if up else self.needs[cell].down


@dataclass(frozen=True, slots=True)
class Cut:
    """If ``cell`` is hidden, what is hidden of ``terms`` must add up to at least ``amount``."""

    cell: int
    amount: int
    terms: tuple[tuple[int, int], ...]

    def holds(self, hidden: frozenset[int] | set[int]) -> bool:
        """Whether a pattern satisfies it."""
        if self.cell not in hidden:
            return True
        return sum(most for cell, most in self.terms if cell in hidden) >= self.amount
