"""Cuts a table into the parts that are solved one after another, each as cells between sums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

from exchange.figures.measures import MESSAGES, MINUTES, TIERS, Measure, measures_of
from exchange.figures.protect.limits import Limits, limits
from exchange.figures.protect.part import Part, Relation
from exchange.figures.secrets import Insider, Problem, follows
from exchange.figures.table import NUMBER, Cell
from exchange.policy.law import Parameters

Columns = tuple[Measure, ...]
_Place = Mapping[Cell, int]
_Sum = tuple[int, Measure | None]
"""A row and a column of it; without one, a whole row or what is outside its tree."""

PARTS: tuple[Columns, ...] = (
    TIERS,
    (NUMBER,),
    *((minutes,) for minutes in MINUTES),
    *((messages,) for messages in MESSAGES),
)
"""In this order: what is hidden of one says what must be hidden of the next."""

_COUNTRY = 10


@dataclass(frozen=True, slots=True)
class Posed:
    """A part, and which cell of the table each of its cells is."""

    part: Part
    cells: tuple[Cell, ...]


def pose_part(
    problem: Problem, columns: Columns, hidden: frozenset[Cell], numbers: Parameters | None
) -> Posed:
    """Pose the part with these columns, given what must be hidden and what other parts hide."""
    table = problem.table
    cells = tuple(cell for cell in table.cells() if cell[1] in columns)
    place = {cell: number for number, cell in enumerate(cells)}
    gone = [frozenset(m for m in Measure if (row, m) in hidden) for row in range(len(table.rows))]
    believed = [
        limits(table.rows[row], measure, problem.need((row, measure)), gone[row], numbers)
        for row, measure in cells
    ]
    relations = tuple(_relations(problem, columns, place))
    _tighten(believed, relations)
    arcs = list(_arcs(problem, columns, cells))
    ends = {end: number for number, end in enumerate(dict.fromkeys(e for arc in arcs for e in arc))}
    forced = (c for c in cells if c in hidden or follows(c[1], gone[c[0]]))
    part = Part(
        name=", ".join(columns),
        values=tuple(table.value(cell) for cell in cells),
        lower=tuple(low for low, _ in believed),
        upper=tuple(high for _, high in believed),
        tail=tuple(ends[tail] for tail, _ in arcs),
        head=tuple(ends[head] for _, head in arcs),
        weights=tuple(weight(problem, cell) for cell in cells),
        needs=tuple(problem.need(cell) for cell in cells),
        must_hide=frozenset(place[cell] for cell in forced),
        known=frozenset(place[cell] for cell in problem.known if cell in place),
        insiders=_insiders(problem, columns, place),
        relations=relations,
    )
    return Posed(part, cells)


def _tighten(believed: list[Limits], relations: Sequence[Relation]) -> None:
    """A sum is no less, and no more, than the cells below it together; those stand before it."""
    for *below, (above, sign) in relations:
        if sign < 0:
            low, high = zip(*(believed[cell] for cell, _ in below), strict=True)
            least, most = believed[above]
            believed[above] = max(least, sum(low)), min(most, sum(high))


def weight(problem: Problem, cell: Cell) -> float:
    """Give what it costs to hide a cell: large numbers say more, but not in proportion.

    The minutes of a row go with its tiers, of which two at least are hidden together: each bears
    half of that, and so it is rather another tier of the same row that goes. The figures of the
    whole country are what most readers come for, and no others could hide a tenth of them.
    """
    row, measure = cell
    lost = 1 + log(1 + problem.table.value(cell))
    if problem.table.rows[row].parent is None:
        lost *= _COUNTRY
    if measure in TIERS:
        along = [(row, minutes) for minutes in MINUTES if (row, minutes) not in problem.hidden]
        lost += sum(weight(problem, other) for other in along) / 2
    return lost


def _relations(problem: Problem, columns: Columns, place: _Place) -> Iterator[Relation]:
    """Give each sum over the rows below a row, and the pupils of a row over its columns."""
    for index, row in enumerate(problem.table.rows):
        for measure in columns:
            if row.children and (row.children[0], measure) in place:
                below = ((place[child, measure], 1) for child in row.children)
                yield (*below, (place[index, measure], -1))
        if len(columns) > 1:
            yield tuple((place[index, measure], 1) for measure in columns)


def _arcs(problem: Problem, columns: Columns, cells: Sequence[Cell]) -> Iterator[tuple[_Sum, _Sum]]:
    """Let a cell run from the sum of the cells below it to the sum that it is part of.

    Columns that share the pupils of a row meet in its lowest rows and in its highest. A column by
    itself may change there: it runs from, and to, the outside of its tree.
    """
    rows = problem.table.rows
    for index, measure in cells:
        row = rows[index]
        outside: _Sum = (index if len(columns) > 1 else _root(problem, index), None)
        lowest = not row.children or measure not in measures_of(rows[row.children[0]].niveau)
        yield (
            outside if lowest else (index, measure),
            outside if row.parent is None else (row.parent, measure),
        )


def _root(problem: Problem, index: int) -> int:
    while (parent := problem.table.rows[index].parent) is not None:
        index = parent
    return index


def _insiders(problem: Problem, columns: Columns, place: _Place) -> tuple[frozenset[int], ...]:
    found = set()
    for insider in problem.insiders:
        rows = _with_sums(problem, insider)
        found.add(frozenset(place[row, m] for row in rows for m in columns if (row, m) in place))
    return tuple(sorted(found - {frozenset()}, key=sorted))


def _with_sums(problem: Problem, insider: Insider) -> set[int]:
    """Whoever knows all rows below a row knows that row too, also columns that only it has."""
    rows = problem.table.rows
    found, todo = set(insider.rows), sorted(insider.rows)
    while todo:
        parent = rows[todo.pop()].parent
        if parent is not None and parent not in found and found.issuperset(rows[parent].children):
            found.add(parent)
            todo.append(parent)
    return found
