"""Says which rows each insider knows: its own, and every sum of nothing but its own."""

from __future__ import annotations

from collections.abc import Sequence, Set

from exchange.figures.audit.view import WIDTH, Deviations
from exchange.figures.secrets import Insider
from exchange.figures.table import Table

Owners = Sequence[Set[int]]
"""For each row who knows it: positions in a list of insiders."""


def informed(insiders: Sequence[Insider], table: Table) -> tuple[Insider, ...]:
    """Add to the rows of each insider those above them that say nothing of anybody else.

    The only school of its board in a gemeente knows the row of that gemeente. That is no secret
    to keep from it, and what it knows there may help it with others.
    """
    return tuple(Insider(one.name, _with_sums(one.rows, table)) for one in insiders)


def owners_by_row(insiders: Sequence[Insider], table: Table) -> Owners:
    """Give for each row who knows it."""
    found: list[set[int]] = [set() for _ in table.rows]
    for position, insider in enumerate(insiders):
        for row in insider.rows:
            found[row].add(position)
    return found


def who_sees(witness: Deviations, owners: Owners) -> set[int]:
    """Give the insiders who would see the difference in figures that they know."""
    return set().union(*(owners[row] for row in {number // WIDTH for number in witness}))


def exposed_to(number: int, witnesses: Sequence[Deviations], owners: Owners) -> set[int]:
    """Give who is left no second value in a cell by these witnesses, of which there is one."""
    exposed = who_sees(witnesses[0], owners) - owners[number // WIDTH]
    for witness in witnesses[1:]:
        if not exposed:
            break
        exposed &= who_sees(witness, owners)
    return exposed


def _with_sums(rows: frozenset[int], table: Table) -> frozenset[int]:
    known, last = set(rows), rows
    while last:
        above = {table.rows[row].parent for row in last} - {None} - known
        last = frozenset(
            row for row in above if row is not None and known.issuperset(table.rows[row].children)
        )
        known |= last
    return frozenset(known)
