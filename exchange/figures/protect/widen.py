"""Says what more to hide for a cell that turned out too exposed: what is near it first."""

from __future__ import annotations

from collections.abc import Iterator, Set
from itertools import islice

from exchange.figures.measures import MESSAGES, Measure, measures_of
from exchange.figures.secrets import Insider, Problem
from exchange.figures.table import Cell

_ROWS = 2


def widen(
    problem: Problem, hidden: Set[Cell], cell: Cell, insider: Insider | None
) -> frozenset[Cell]:
    """Give related cells of the nearest rows that still show any; none if all of them are hidden.

    Figures of one row bind each other, so all that are related go together. Rows that the insider
    who came too near knows anyway are the last to help.
    """
    own = insider.rows if insider else frozenset()
    rows = sorted(_outward(problem, cell[0]), key=lambda row: row in own)
    found = (related(problem, row, cell[1]) - hidden for row in rows)
    return frozenset().union(*islice(filter(None, found), _ROWS))


def related(problem: Problem, row: int, measure: Measure) -> frozenset[Cell]:
    """Give the cells of a row that say something about each other, one of them ``measure``."""
    messages = measure in MESSAGES
    return frozenset(
        (row, other)
        for other in measures_of(problem.table.rows[row].niveau)
        if (other in MESSAGES) is messages
    )


def _outward(problem: Problem, start: int) -> Iterator[int]:
    """Walk the tree from a row, ever further away; the smallest rows first, the country last."""
    rows = problem.table.rows
    seen, ring, tops = {start}, [start], []
    while ring:
        for row in sorted(ring, key=lambda row: (rows[row].leerlingen, row)):
            if rows[row].parent is None:
                tops.append(row)
            else:
                yield row
        near = {other for row in ring for other in (*rows[row].children, rows[row].parent)}
        ring = sorted(row for row in near - seen if row is not None)
        seen.update(ring)
    yield from tops
