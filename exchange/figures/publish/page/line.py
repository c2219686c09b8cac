"""The shape of a line chart over months, with a gap where nothing is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

TOP, BASE, HEIGHT = 30, 120, 146
_LEFT, _WIDTH = 4, 92
_STEPS = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100)


@dataclass(frozen=True, slots=True)
class Value:
    """A month, its value or None where there is nothing to show, and how both are said."""

    month: str
    short: str
    value: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Point:
    """Where a value is drawn; ``y`` is None where there is none."""

    x: str
    y: int | None


@dataclass(frozen=True, slots=True)
class End:
    """The name of the first or the last month, under the axis."""

    x: str
    anchor: str
    month: str


@dataclass(frozen=True, slots=True)
class Scale:
    """The values at the foot and at the top of a chart, and how they are written."""

    low: int
    high: int
    bottom: str
    top: str


@dataclass(frozen=True, slots=True)
class Line:
    """A chart: ``strokes`` join only months that follow each other and are both shown."""

    id: str
    title: str
    unit: str
    description: str
    scale: Scale
    points: tuple[Point, ...]
    strokes: tuple[tuple[Point, Point], ...]
    ends: tuple[End, ...]
    last: str
    top: int = TOP
    base: int = BASE
    height: int = HEIGHT


def draw_line(name: str, title: tuple[str, str], values: Sequence[Value], scale: Scale) -> Line:
    """Lay the months out from left to right; ``title`` names the measure and its unit.

    The description says all months in words.
    """
    points = tuple(
        Point(_x(place, len(values)), _y(one.value, scale)) for place, one in enumerate(values)
    )
    return Line(
        id=name,
        title=title[0],
        unit=title[1],
        description="; ".join(f"{one.month}: {one.text}" for one in values) + ".",
        scale=scale,
        points=points,
        strokes=tuple((a, b) for a, b in pairwise(points) if None not in (a.y, b.y)),
        ends=(End("0", "start", values[0].short), End("100%", "end", values[-1].short)),
        last=values[-1].text if values[-1].value is not None else "",
    )


def round_top(wanted: int) -> int:
    """Give the smallest round number that is not below ``wanted``, and at least ten."""
    size = 1
    while _STEPS[-1] * size < wanted:
        size *= 10
    return next(step * size for step in _STEPS if step * size >= wanted)


def _x(place: int, count: int) -> str:
    return f"{round(_LEFT + _WIDTH * place / max(count - 1, 1), 2):g}%"


def _y(value: int | None, scale: Scale) -> int | None:
    if value is None:
        return None
    return round(BASE - (BASE - TOP) * (value - scale.low) / max(scale.high - scale.low, 1))
