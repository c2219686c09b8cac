"""The shape of a column chart over days, sized in shares of whatever width it gets.

Widths are percentages and heights are pixels, so that text keeps its size on every screen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from exchange.figures.publish.page.chart import per_cent
from exchange.figures.publish.page.dutch import number
from exchange.figures.publish.page.line import round_top

TOP, BASE, HEIGHT = 28, 172, 198
_FILLED = Fraction(3, 4)
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Day:
    """A day, how it is said in full and in short, and its count of each kind."""

    label: str
    short: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a column."""

    fill: str
    x: str
    y: int
    width: str
    height: int
    said: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A day's name under the axis."""

    x: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Columns:
    """A chart with all that is said of it to who does not see it."""

    title: str
    description: str
    scale: str
    blocks: tuple[Block, ...]
    ticks: tuple[Tick, ...]
    kinds: tuple[str, ...]
    top: int = TOP
    base: int = BASE
    height: int = HEIGHT


def draw_columns(title: str, kinds: Sequence[str], days: Sequence[Day]) -> Columns:
    """Stack the counts of each day, the first kind lowest; the description names the extremes.

    What every day came to stands in the table beside the chart.
    """
    highest = round_top(max((sum(one.counts.values()) for one in days), default=0))
    blocks = [
        block
        for place, one in enumerate(days)
        for block in _column(
            one, kinds, Fraction(place, len(days)), Fraction(1, len(days)), highest
        )
    ]
    return Columns(
        title=title,
        description=_described(days),
        scale=number(highest),
        blocks=tuple(blocks),
        ticks=_ticks(days),
        kinds=tuple(kinds),
    )


def _column(
    one: Day, kinds: Sequence[str], left: Fraction, slot: Fraction, highest: int
) -> list[Block]:
    said = f"{one.label}: " + ", ".join(f"{number(one.counts.get(k, 0))} {k}" for k in kinds)
    blocks, below = [], 0
    for kind in kinds:
        count = one.counts.get(kind, 0)
        upper, lower = (_height(below + n, highest) for n in (count, 0))
        if count:
            x = per_cent(left + slot * (1 - _FILLED) / 2)
            high = max(upper - lower, 2)
            width = per_cent(slot * _FILLED)
            blocks.append(Block(kind, x, BASE - lower - high, width, high, said))
        below += count
    return blocks


def _height(count: int, highest: int) -> int:
    return round((BASE - TOP) * count / highest)


def _ticks(days: Sequence[Day]) -> tuple[Tick, ...]:
    """Name the first day, the last, and a few between where they have room."""
    last = len(days) - 1
    if last < 1:
        return tuple(Tick("50%", "middle", one.short) for one in days)
    middle = Tick(
        per_cent(Fraction(2 * (last // 2) + 1, 2 * len(days))), "middle", days[last // 2].short
    )
    ends = Tick("0", "start", days[0].short), Tick("100%", "end", days[-1].short)
    return (ends[0], middle, ends[1]) if last >= _NAMED else ends


def _described(days: Sequence[Day]) -> str:
    totals = [sum(one.counts.values()) for one in days]
    if not any(totals):
        return "Er is in deze dagen niets vastgelegd."
    busiest = days[totals.index(max(totals))]
    return (
        f"Samen {number(sum(totals))} in {len(days)} dagen. Het meest op {busiest.label}:"
        f" {number(max(totals))}. Alle dagen staan in de tabel."
    )
