"""Decides what must be hidden, and how far from its true value an attacker must be kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from exchange.figures.levering import Levering, Regel
from exchange.figures.measures import COUNTS, MINUTES, TIERS, Measure
from exchange.figures.table import NUMBER, Cell, Row, Table
from exchange.policy.law import Parameters


@dataclass(frozen=True, slots=True)
class Need:
    """If this cell is hidden: tables must exist with ``down`` less, and with ``up`` more, or more.

    Zero asks nothing. ``insider``: who knows cells of its own must still be left two values.
    """

    down: int
    up: int
    insider: bool


NOTHING = Need(0, 0, insider=False)


@dataclass(frozen=True, slots=True)
class Insider:
    """Somebody who knows all cells of some rows: a school (BRIN), a board, a gemeente."""

    name: str
    rows: frozenset[int]


@dataclass(frozen=True, slots=True)
class Problem:
    """A table and what must stay secret in it.

    ``hidden`` may not be shown in any case. ``needs`` says what must hold of a cell if it is
    hidden; a cell that is not in it needs nothing. ``wishes`` are the same, asked of minutes that
    are no secret themselves and are hidden only beside one: given up where they cannot be had.
    ``known`` were shown in an earlier release with the value that they still have: hidden or not,
    an attacker who presumes that nothing changed knows them. So they protect no other cell, unless
    that one is known itself.
    """

    table: Table
    hidden: frozenset[Cell]
    needs: Mapping[Cell, Need]
    wishes: Mapping[Cell, Need]
    known: frozenset[Cell]
    insiders: tuple[Insider, ...]

    def need(self, cell: Cell) -> Need:
        """Give what must hold of a cell if it is hidden."""
        return self.needs.get(cell, NOTHING)

    def with_wishes(self) -> Problem:
        """Give the problem that asks all that is wished as well."""
        return replace(self, needs={**self.wishes, **self.needs}, wishes={})


def pose(table: Table, earlier: Sequence[Levering], numbers: Parameters) -> Problem:
    """Say what must be hidden in ``table``, given all earlier releases about the same month.

    A row rule is not in ``hidden`` because it follows from the pattern: ``follows`` gives it.
    """
    seen = [{regel.key: regel for regel in levering.regels} for levering in earlier]
    hidden: set[Cell] = set()
    known: set[Cell] = set()
    needs: dict[Cell, Need] = {}
    wishes: dict[Cell, Need] = {}
    for cell in table.cells():
        row = table.rows[cell[0]]
        past = [regel for rows in seen if (regel := rows.get(row.key)) and not regel.ontbreekt]
        is_secret = _is_secret(row, cell[1], numbers)
        changes = _small_changes(row, cell[1], past, numbers)
        if is_secret or changes or _hidden_before(cell[1], past):
            hidden.add(cell)
        if any(_still_holds(row, cell[1], regel) for regel in past):
            known.add(cell)
        need = _need(row, cell[1], changes, numbers)
        if need != NOTHING and (is_secret or changes):
            needs[cell] = need
        elif need != NOTHING and not earlier:
            wishes[cell] = need
    insiders = tuple(_insiders(table))
    return Problem(table, frozenset(hidden), needs, wishes, frozenset(known), insiders)


def follows(measure: Measure, hidden_in_row: Iterable[Measure]) -> bool:
    """Whether ``measure`` must be hidden because of what else is hidden in its row.

    Minutes are shown only beside all three tiers (contract, section 3). That unauthorised minutes
    are shown says that at least five pupils made them, so that number must be shown too.
    """
    found = set(hidden_in_row)
    if measure in MINUTES and not found.isdisjoint(TIERS):
        return True
    return measure is Measure.ONGEOORLOOFDE_MINUTEN and NUMBER in found


def most(row: Row, measure: Measure) -> int:
    """Give the largest value of a cell that anybody could believe in, knowing the pupils."""
    if measure in MINUTES:
        return row.leerlingen * row.geplande_minuten
    if measure in (Measure.VERZUIMMELDINGEN, Measure.SIGNALEN):
        return max(row.leerlingen, row.values[measure]) * _DAYS
    return row.leerlingen


_DAYS = 31


def _is_secret(row: Row, measure: Measure, numbers: Parameters) -> bool:
    if row.leerlingen < numbers.rij_leerlingen:
        return True
    value = row.values[measure]
    if measure in COUNTS:
        return 0 < value < numbers.onderdrukking_drempel
    few = row.makers[measure] < numbers.onderdrukking_drempel
    return few or row.largest[measure] * 100 > value * numbers.dominantie_procent


def _hidden_before(measure: Measure, past: Sequence[Regel]) -> bool:
    """A pattern only grows: what was hidden once stays hidden (contract, section 3)."""
    return any(regel.waarden.get(measure) is None for regel in past)


def _still_holds(row: Row, measure: Measure, regel: Regel) -> bool:
    """Who sees that the number of pupils changed knows that the tiers did."""
    if measure in TIERS and regel.leerlingen != row.leerlingen:
        return False
    return regel.waarden.get(measure) == row.values[measure]


def _small_changes(
    row: Row, measure: Measure, past: Sequence[Regel], numbers: Parameters
) -> list[tuple[int, int]]:
    """Give each (before, now) whose difference may be the doing of too few pupils.

    A change of five times the planned minutes of one pupil was made by five pupils at least, and
    none of them made more than a fifth of it.
    """
    now, enough = row.values[measure], numbers.onderdrukking_drempel
    if measure in MINUTES:
        enough *= row.geplande_minuten
    befores = {before for regel in past if (before := regel.waarden.get(measure)) is not None}
    return [(before, now) for before in sorted(befores) if 0 < abs(now - before) < enough]


def _need(
    row: Row, measure: Measure, changes: Sequence[tuple[int, int]], numbers: Parameters
) -> Need:
    """A change is kept from insiders where it was made: in a sum they may see their own."""
    value, top = row.values[measure], most(row, measure)
    need = _need_of_minutes if measure in MINUTES else _need_of_count
    down, up = need(value, top, changes, numbers)
    down, up = min(down, value), min(up, top - value)
    if not down and not up:
        return NOTHING
    is_own = row.vestiging is None and changes and not _is_secret(row, measure, numbers)
    return Need(down, up, insider=not is_own)


def _need_of_minutes(
    value: int, _: int, changes: Sequence[tuple[int, int]], numbers: Parameters
) -> tuple[int, int]:
    """A tenth of the minutes; where most of them were shown before, a tenth of what was not."""
    secret = min(value, max((abs(now - before) for before, now in changes), default=value))
    margin = -(-secret * numbers.minuten_marge_procent // 100)
    return margin, margin


def _need_of_count(
    value: int, top: int, changes: Sequence[tuple[int, int]], numbers: Parameters
) -> tuple[int, int]:
    far = numbers.onderdrukking_drempel
    down, up = (1, max(min(far, top) - value, 0)) if 0 < value < far else (0, 0)
    for before, now in changes:
        down = max(down, 1 if now > before else now - max(before - far, 0))
        up = max(up, 1 if now < before else before + far - now)
    return down, up


def _insiders(table: Table) -> Iterator[Insider]:
    groups: dict[str, set[int]] = {}
    for index, row in enumerate(table.rows):
        if row.vestiging is not None:
            groups.setdefault(f"school {row.vestiging.code.brin}", set()).add(index)
            groups.setdefault(f"gemeente {row.gemeente}", set()).add(index)
            if row.vestiging.bevoegd_gezag:
                groups.setdefault(f"bestuur {row.vestiging.bevoegd_gezag}", set()).add(index)
        elif row.gemeente is not None:
            groups.setdefault(f"gemeente {row.gemeente}", set()).add(index)
    for name in sorted(groups):
        yield Insider(name, frozenset(groups[name]))
