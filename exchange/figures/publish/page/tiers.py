"""The three tiers of attendance: a chart and the numbers behind it, for each area."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from exchange.figures.levering import Regel
from exchange.figures.measures import TIERS, Measure
from exchange.figures.publish.cells import cell, leerlingen, number
from exchange.figures.publish.page import dutch
from exchange.figures.publish.page.areas import Area
from exchange.figures.publish.page.chart import (
    HIDDEN,
    TRACK,
    Chart,
    Entry,
    Part,
    draw,
    draw_in_pieces,
    whole,
)
from exchange.figures.publish.page.shares import FEWEST, Shown, promille, pupils, shown

LABELS = {
    Measure.TREDE1: "Trede 1: 95% of meer aanwezig",
    Measure.TREDE2: "Trede 2: 90% tot 95% aanwezig",
    Measure.TREDE3: "Trede 3: minder dan 90% aanwezig",
}
SHORT = {Measure.TREDE1: "Trede 1", Measure.TREDE2: "Trede 2", Measure.TREDE3: "Trede 3"}


@dataclass(frozen=True, slots=True)
class TierTable:
    """One area: its chart, and a table row for each tier."""

    area: Area
    leerlingen: Shown
    chart: Chart
    rows: tuple[tuple[str, Shown], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Areas side by side: stacked charts, and a table row for each."""

    title: str
    charts: tuple[Chart, ...]
    rows: tuple[tuple[Area, Shown, tuple[Shown, ...]], ...]


def tier_table(area: Area, place: int) -> TierTable:
    """Give one area with a bar of its own for each tier."""
    regel = area.regel
    chart = draw(
        f"tredes-{place}",
        f"Leerlingen per trede, {area.name}",
        [_entry(regel, measure) for measure in TIERS],
    )
    rows = tuple((LABELS[measure], shown(regel, measure)) for measure in TIERS)
    return TierTable(area, pupils(regel), chart, rows)


def comparison(areas: Sequence[Area], by: str) -> Comparison | None:
    """Give areas side by side; None where there is nothing to compare."""
    if len(areas) < 2:
        return None
    title = f"Leerlingen in trede 1, 2 en 3 per {by}"
    entries = [Entry(a.label, _in_short(a.regel), [list(_stack(a.regel))]) for a in areas]
    rows = tuple((a, pupils(a.regel), tuple(shown(a.regel, m) for m in TIERS)) for a in areas)
    return Comparison(title, draw_in_pieces("tredes-vergeleken", title, entries), rows)


def _entry(regel: Regel, measure: Measure) -> Entry:
    share = promille(regel, measure)
    if share is None:
        found = shown(regel, measure)
        value = found.text if found.mark else f"{found.text} leerlingen"
        return Entry(LABELS[measure], value, [[whole(HIDDEN if found.mark else TRACK)]])
    part = whole(measure.value, Fraction(share, 1000))
    return Entry(LABELS[measure], dutch.percent(share), [[whole(TRACK), part]])


def _in_short(regel: Regel) -> str:
    found = [shown(regel, measure) for measure in TIERS]
    if any(one.mark for one in found):
        return "verborgen" if all(one.mark for one in found) else "deels verborgen"
    shares = [promille(regel, measure) for measure in TIERS]
    known = [f"{(share + 5) // 10}%" for share in shares if share is not None]
    return " · ".join(known) or f"minder dan {FEWEST} leerlingen"


def _stack(regel: Regel) -> Iterator[Part]:
    """Lay the shown tiers end to end; what is hidden is one piece, in the place of the first.

    Its length is what the others leave of the pupils. With one tier hidden it would be that tier:
    then nothing is drawn but the hidden whole.
    """
    total = number(leerlingen(regel)) or 0
    values = {m: number(cell(regel, m)) for m in TIERS}
    known = {m: value for m, value in values.items() if value is not None}
    if total < FEWEST or len(known) in (0, len(TIERS) - 1) or sum(known.values()) > total:
        yield whole(HIDDEN)
        return
    start, rest = Fraction(0), Fraction(total - sum(known.values()), total)
    for measure in TIERS:
        length = Fraction(known[measure], total) if measure in known else rest
        if measure not in known:
            rest = Fraction(0)
        if length:
            yield Part(measure.value if measure in known else HIDDEN, start, length)
        start += length
