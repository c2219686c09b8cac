"""Decides what may be said of a row beside its numbers: shares and averages of shown cells."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from exchange.figures.levering import Regel
from exchange.figures.measures import Measure
from exchange.figures.publish.cells import Cell, Mark, cell, leerlingen, number
from exchange.figures.publish.page import dutch

FEWEST = 10
"""A share of fewer pupils says more about each of them than about the school."""

_WORDS = {
    Mark.VERBORGEN: "verborgen",
    Mark.ONTBREEKT: "niet geleverd",
    Mark.BESTAAT_NIET: "bestaat niet",
}
NO_SHARE = "–"


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands in one cell of a table: a number with its share, or a word for why not."""

    text: str
    share: str | None = None
    mark: str | None = None


def shown(regel: Regel, measure: Measure) -> Shown:
    """Give a measure as it is read, with its share of the row's pupils."""
    share = promille(regel, measure)
    return written(cell(regel, measure), None if share is None else dutch.percent(share))


def share_only(regel: Regel, measure: Measure) -> Shown:
    """Give the share of the row's pupils alone."""
    found = shown(regel, measure)
    return found if found.mark else Shown(found.share or NO_SHARE)


def pupils(regel: Regel) -> Shown:
    """Give the number of pupils as it is read."""
    return written(leerlingen(regel))


def average(regel: Regel, measure: Measure) -> Shown:
    """Give minutes per pupil as they are read."""
    found = cell(regel, measure)
    if isinstance(found, Mark):
        return written(found)
    each = minutes_each(regel, measure)
    return Shown(NO_SHARE if each is None else dutch.number(each))


def written(found: Cell, share: str | None = None) -> Shown:
    """Give any cell as it is read."""
    if isinstance(found, Mark):
        return Shown(_WORDS[found], mark=found.name.lower())
    return Shown(dutch.number(found), share or NO_SHARE)


def promille(regel: Regel, measure: Measure) -> int | None:
    """Give a measure in thousandths of the row's pupils; None where that is not to be said."""
    return _divided(regel, measure, 1000)


def minutes_each(regel: Regel, measure: Measure) -> int | None:
    """Give whole minutes per pupil; None where that is not to be said."""
    return _divided(regel, measure, 1)


def _divided(regel: Regel, measure: Measure, times: int) -> int | None:
    value, total = number(cell(regel, measure)), number(leerlingen(regel))
    if value is None or total is None or total < FEWEST:
        return None
    return int(Fraction(value * times, total) + Fraction(1, 2))
