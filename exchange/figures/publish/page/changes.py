"""What changed since the release before: cell by cell of the same month, or month on month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from exchange.figures.levering import Levering, Regel
from exchange.figures.measures import TIERS, Measure, Niveau, measures_of
from exchange.figures.publish.cells import Mark, cell, leerlingen, number
from exchange.figures.publish.columns import LEERLINGEN, MEASURES
from exchange.figures.publish.names import Names
from exchange.figures.publish.page import dutch
from exchange.figures.publish.page.areas import Area, Areas
from exchange.figures.publish.page.schools import school_name
from exchange.figures.publish.page.shares import NO_SHARE, Shown, promille, share_only, written

MOST_SHOWN = 40
"""More changed rows than anybody reads on a page; all of them stand in the data."""

_SEEN = Shown("zichtbaar")
"""What a number was that is hidden now: repeating it would undo the hiding."""

Past = Mapping[tuple[str, str, str], Regel]
"""The rows of an earlier release."""


@dataclass(frozen=True, slots=True)
class Change:
    """One cell in two releases, and the difference if both are shown."""

    column: str
    before: Shown
    now: Shown
    difference: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One row with what changed in it."""

    name: str
    cells: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """``rows`` are the cells that differ in the same month, or the tiers of two months."""

    since: Levering
    same_month: bool
    rows: tuple[Changed, ...]
    left_out: int
    came: tuple[str, ...]
    went: tuple[str, ...]


def previous(levering: Levering, earlier: Sequence[Levering]) -> Levering | None:
    """Give the release to compare with: the last of this month, else of the last month before."""
    before = [
        one
        for one in earlier
        if one.periode < levering.periode
        or (one.periode == levering.periode and one.nummer < levering.nummer)
    ]
    return max(before, key=lambda one: (one.periode, one.nummer), default=None)


def changes(levering: Levering, since: Levering, areas: Areas, names: Names) -> Changes:
    """Compare with an earlier release, row by row."""
    past = {regel.key: regel for regel in since.regels}
    same = since.periode == levering.periode
    found = list(_corrected(levering, past, areas, names) if same else _moved(areas.all, past))
    return Changes(
        since=since,
        same_month=same,
        rows=tuple(found[:MOST_SHOWN]),
        left_out=max(len(found) - MOST_SHOWN, 0),
        came=_schools(levering, since, names),
        went=_schools(since, levering, names),
    )


def _corrected(levering: Levering, past: Past, areas: Areas, names: Names) -> Iterator[Changed]:
    """Give the rows of both releases in which a cell differs, the largest areas first."""
    called = {area.key: area.name for area in areas.all}
    order = list(reversed(Niveau))
    for regel in sorted(levering.regels, key=lambda one: order.index(one.niveau)):
        before = past.get(regel.key)
        if before is None or regel.ontbreekt or before.ontbreekt:
            continue  # a school that came or went is told by its name
        cells = tuple(_differing(before, regel))
        if cells:
            yield Changed(called.get(regel.key) or school_name(regel, names), cells)


def _differing(before: Regel, now: Regel) -> Iterator[Change]:
    pairs = [(LEERLINGEN.title, leerlingen(before), leerlingen(now))]
    pairs += [(MEASURES[m][0], cell(before, m), cell(now, m)) for m in measures_of(now.niveau)]
    for title, old, new in pairs:
        if old != new:
            was = _SEEN if new is Mark.VERBORGEN else written(old)
            yield Change(title, was, written(new), _gap(number(old), number(new)))


def _gap(old: int | None, new: int | None) -> str:
    return NO_SHARE if old is None or new is None else dutch.signed_number(new - old)


def _moved(areas: Sequence[Area], past: Past) -> Iterator[Changed]:
    """Give the tiers of every area that both months have."""
    for area in areas:
        before = past.get(area.key)
        if before is not None:
            yield Changed(area.name, tuple(_step(before, area.regel, m) for m in TIERS))


def _step(before: Regel, now: Regel, measure: Measure) -> Change:
    old, new = promille(before, measure), promille(now, measure)
    gap = NO_SHARE if old is None or new is None else dutch.signed(new - old)
    return Change(MEASURES[measure][0], share_only(before, measure), share_only(now, measure), gap)


def _schools(here: Levering, there: Levering, names: Names) -> tuple[str, ...]:
    """Name the vestigingen that delivered to one release and not to the other."""
    absent = {one.key for one in _delivered(there)}
    return tuple(sorted(school_name(r, names) for r in _delivered(here) if r.key not in absent))


def _delivered(levering: Levering) -> list[Regel]:
    found = (regel for regel in levering.regels if regel.niveau is Niveau.VESTIGING)
    return [regel for regel in found if not regel.ontbreekt]
