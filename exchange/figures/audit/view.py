"""Numbers the cells of a table, so that who attacks it can work with plain integers.

Cell ``number`` is row * 8 + column, the columns in the order of ``Measure``. A table that differs
from the true one is then a sparse mapping of such numbers to what is added there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exchange.figures.audit.groups import Bounds, bounds_of, possible
from exchange.figures.measures import Measure, Niveau
from exchange.figures.secrets import Problem, most
from exchange.figures.table import Cell, Row
from exchange.policy.law import Parameters

COLUMNS = tuple(Measure)
WIDTH = len(COLUMNS)
EXCUSED, UNEXCUSED, NUMBER, FIRST, SECOND, THIRD, *MESSAGE_COLUMNS = range(WIDTH)
TIER_COLUMNS = (FIRST, SECOND, THIRD)
JOINT = 6
"""The first six columns of a vestiging bind each other."""

Deviations = Mapping[int, int]
"""What another table has more, or less, than the true one: numbers of cells to integers."""


@dataclass(frozen=True, slots=True)
class View:
    """Everything that an attacker knows about a table, and its true values.

    ``value`` and ``top`` are by number of cell. ``bounds`` is None above a vestiging, and for the
    few vestigingen whose figures no group of pupils could have: of those the arithmetic says
    nothing. ``hidden`` are the cells of the pattern, ``known`` those with a value shown before.
    """

    rows: tuple[Row, ...]
    parent: tuple[int | None, ...]
    children: tuple[tuple[int, ...], ...]
    message_children: tuple[tuple[int, ...], ...]
    value: tuple[int, ...]
    top: tuple[int, ...]
    bounds: tuple[Bounds | None, ...]
    hidden: frozenset[int]
    known: frozenset[int]

    def below(self, row: int, column: int) -> tuple[int, ...]:
        """Give the rows whose values in ``column`` add up to that of ``row``."""
        return (self.children if column < JOINT else self.message_children)[row]

    def free(self, number: int) -> frozenset[int]:
        """Give what may differ from the truth in a table that is to protect this cell."""
        return self.hidden if number in self.known else self.hidden - self.known


def number_of(cell: Cell) -> int:
    """Give the number of a cell."""
    row, measure = cell
    return row * WIDTH + _POSITION[measure]


def cell_of(number: int) -> Cell:
    """Give the cell with this number."""
    row, column = divmod(number, WIDTH)
    return row, COLUMNS[column]


def view(problem: Problem, hidden: Iterable[Cell], numbers: Parameters) -> View:
    """Lay out a table for who attacks it."""
    rows = problem.table.rows
    return View(
        rows=rows,
        parent=tuple(row.parent for row in rows),
        children=tuple(row.children for row in rows),
        message_children=tuple(
            () if row.niveau is Niveau.GEMEENTE_SWV else row.children for row in rows
        ),
        value=tuple(row.values.get(measure, 0) for row in rows for measure in COLUMNS),
        top=tuple(_top(row, measure) for row in rows for measure in COLUMNS),
        bounds=tuple(_bounds(row, numbers) for row in rows),
        hidden=frozenset(map(number_of, hidden)),
        known=frozenset(map(number_of, problem.known)),
    )


_POSITION = {measure: column for column, measure in enumerate(COLUMNS)}


def _top(row: Row, measure: Measure) -> int:
    return most(row, measure) if measure in row.values else 0


def _bounds(row: Row, numbers: Parameters) -> Bounds | None:
    if row.vestiging is None:
        return None
    bounds = bounds_of(row.geplande_minuten, numbers)
    coherent = possible(bounds, [row.values[measure] for measure in COLUMNS[:JOINT]])
    return bounds if coherent else None
