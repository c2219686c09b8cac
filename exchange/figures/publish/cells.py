"""Decides what stands in a published cell: a number, or why there is none.

Every form asks here, so that no form shows what another hides. What is not said to be shown is not
shown: a row that was not delivered has no numbers, whatever it carries.
"""

from __future__ import annotations

from enum import Enum

from exchange.figures.levering import Regel
from exchange.figures.measures import Measure, measures_of


class Mark(Enum):
    """Why a cell has no number."""

    VERBORGEN = "hidden, to protect this number or another"
    ONTBREEKT = "the vestiging did not deliver the month"
    BESTAAT_NIET = "the column does not exist at this level"


Cell = int | Mark


def cell(regel: Regel, measure: Measure) -> Cell:
    """Give what is published of one measure."""
    if measure not in measures_of(regel.niveau):
        return Mark.BESTAAT_NIET
    if regel.ontbreekt:
        return Mark.ONTBREEKT
    value = regel.waarden.get(measure)
    return Mark.VERBORGEN if value is None else value


def leerlingen(regel: Regel) -> Cell:
    """Give the number of pupils: public, but unknown of who did not deliver."""
    return Mark.ONTBREEKT if regel.ontbreekt or regel.leerlingen is None else regel.leerlingen


def number(found: Cell) -> int | None:
    """Give the number in a cell, or None where there is none, whatever the reason."""
    return None if isinstance(found, Mark) else found


def hidden(regel: Regel) -> list[Measure]:
    """Name the columns of a row that are hidden, in the order in which they are published."""
    return [m for m in measures_of(regel.niveau) if cell(regel, m) is Mark.VERBORGEN]
