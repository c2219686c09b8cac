"""How each area went from month to month, from the latest release of each.

Months are never added up, and a gap is never filled in from the months beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exchange.figures.levering import Levering, Regel
from exchange.figures.measures import MINUTES, TIERS, Measure
from exchange.figures.publish.page import dutch
from exchange.figures.publish.page.areas import Area
from exchange.figures.publish.page.line import Line, Scale, Value, draw_line, round_top
from exchange.figures.publish.page.shares import Shown, average, minutes_each, promille, share_only
from exchange.messages.identifiers import Periode

MOST_MONTHS = 13
"""A year and the same month of the year before."""

_TITLES = {
    Measure.TREDE1: ("Trede 1", "deel van de leerlingen"),
    Measure.TREDE2: ("Trede 2", "deel van de leerlingen"),
    Measure.TREDE3: ("Trede 3", "deel van de leerlingen"),
    Measure.GEOORLOOFDE_MINUTEN: ("Geoorloofd", "minuten per leerling"),
    Measure.ONGEOORLOOFDE_MINUTEN: ("Ongeoorloofd", "minuten per leerling"),
}


@dataclass(frozen=True, slots=True)
class Trend:
    """One area over the months: its charts, and a table row for each month."""

    name: str
    lines: tuple[Line, ...]
    rows: tuple[tuple[str, str, tuple[Shown, ...]], ...]


def latest_by_month(levering: Levering, earlier: Sequence[Levering]) -> dict[Periode, Levering]:
    """Give of each month before this one the latest release, and this one; oldest first."""
    before = (one for one in earlier if one.periode < levering.periode)
    ordered = sorted(before, key=lambda one: (one.periode, one.nummer))
    return {one.periode: one for one in [*ordered, levering]}


def trend(area: Area, months: Mapping[Periode, Levering], place: int) -> Trend:
    """Give how one area went; a month without a release is a gap like a hidden one.

    In the table such a month has no cells.
    """
    span = _span(months)
    rows = {month: _row_of(area, months.get(month)) for month in span}
    return Trend(
        name=area.name,
        lines=tuple(_line(m, rows, f"lijn-{place}-{n}") for n, m in enumerate(_TITLES, 1)),
        rows=tuple((dutch.month(m), _stand(months.get(m)), _cells(rows[m])) for m in span),
    )


def _span(months: Mapping[Periode, Levering]) -> list[Periode]:
    last = max(months)
    span = [max(min(months), last.plus(1 - MOST_MONTHS))]
    while span[-1] < last:
        span.append(span[-1].plus(1))
    return span


def _row_of(area: Area, levering: Levering | None) -> Regel | None:
    regels = levering.regels if levering else ()
    return next((regel for regel in regels if regel.key == area.key), None)


def _stand(levering: Levering | None) -> str:
    return levering.stand.value if levering else "–"


def _cells(regel: Regel | None) -> tuple[Shown, ...]:
    if regel is None:
        return ()
    shares = tuple(share_only(regel, measure) for measure in TIERS)
    return (*shares, *(average(regel, measure) for measure in MINUTES))


def _line(measure: Measure, rows: Mapping[Periode, Regel | None], name: str) -> Line:
    values = [_value(measure, month, regel) for month, regel in rows.items()]
    known = [one.value for one in values if one.value is not None]
    return draw_line(name, _TITLES[measure], values, _scale(measure, known))


def _value(measure: Measure, month: Periode, regel: Regel | None) -> Value:
    value = None if regel is None else _number(measure, regel)
    text = "niet getoond" if value is None else _text(measure, value)
    return Value(dutch.month(month), dutch.short_month(month), value, text)


def _number(measure: Measure, regel: Regel) -> int | None:
    return minutes_each(regel, measure) if measure in MINUTES else promille(regel, measure)


def _text(measure: Measure, value: int) -> str:
    return f"{dutch.number(value)} min" if measure in MINUTES else dutch.percent(value)


def _scale(measure: Measure, known: Sequence[int]) -> Scale:
    """Begin at zero, but for trede 1 at a round share: it lies near the top in every month."""
    if measure is Measure.TREDE1:
        low, high = min(known, default=0) // 100 * 100, 1000
    else:
        low, high = 0, round_top(max(known, default=0))
    return Scale(low, high, *(_text(measure, end).replace(",0%", "%") for end in (low, high)))
