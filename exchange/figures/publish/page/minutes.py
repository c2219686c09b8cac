"""Missed minutes per pupil, and what else is counted of an area beside the tiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from exchange.figures.levering import Regel
from exchange.figures.measures import MINUTES, Measure
from exchange.figures.publish.page.areas import Area
from exchange.figures.publish.page.chart import (
    HIDDEN,
    TRACK,
    Chart,
    Entry,
    Part,
    draw_in_pieces,
    whole,
)
from exchange.figures.publish.page.shares import Shown, average, minutes_each, pupils, shown

_NUMBER = Measure.LEERLINGEN_MET_ONGEOORLOOFD_VERZUIM
_STUB = Fraction(1, 12)


@dataclass(frozen=True, slots=True)
class MinuteRow:
    """One area: minutes per pupil, and the pupils and messages counted."""

    name: str
    leerlingen: Shown
    geoorloofd: Shown
    ongeoorloofd: Shown
    met_ongeoorloofd: Shown
    verzuimmeldingen: Shown
    signalen: Shown


def minute_rows(areas: Sequence[Area]) -> tuple[MinuteRow, ...]:
    """Give the table."""
    return tuple(
        MinuteRow(
            area.name,
            pupils(area.regel),
            *(average(area.regel, measure) for measure in MINUTES),
            *(shown(area.regel, measure) for measure in _COUNTED),
        )
        for area in areas
    )


def minute_charts(areas: Sequence[Area]) -> tuple[Chart, ...]:
    """Give two bars for each area on one scale; no chart where no minutes are shown at all."""
    known = [each for a in areas for m in MINUTES if (each := minutes_each(a.regel, m)) is not None]
    most = max(known, default=0)
    if not most:
        return ()
    entries = [Entry(a.label, _value(a.regel), _lines(a.regel, most)) for a in areas]
    title = "Gemiste minuten per leerling, geoorloofd + ongeoorloofd"
    return draw_in_pieces("minuten-vergeleken", title, entries)


_COUNTED = (_NUMBER, Measure.VERZUIMMELDINGEN, Measure.SIGNALEN)
_WORDS = dict(zip(MINUTES, ("geoorloofd", "ongeoorloofd"), strict=True))


def _value(regel: Regel) -> str:
    return " + ".join(average(regel, measure).text for measure in MINUTES)


def _lines(regel: Regel, most: int) -> list[list[Part]]:
    return [[whole(TRACK), _bar(regel, measure, most)] for measure in MINUTES]


def _bar(regel: Regel, measure: Measure, most: int) -> Part:
    each = minutes_each(regel, measure)
    if each is None:
        return whole(HIDDEN, _STUB)
    return whole(_WORDS[measure], Fraction(each, most))
