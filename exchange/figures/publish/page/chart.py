"""The shape of a bar chart: lanes with a label and bars, sized in shares of whatever width it gets.

Widths are percentages and heights are pixels, so that text keeps its size on every screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

MOST_LANES = 12
HIDDEN = "verborgen"
TRACK = "spoor"
_LABEL, _BETWEEN, _AFTER = 20, 3, 10
_ONE_BAR, _OF_MORE = 14, 10


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: how it is filled, and where it lies between 0 and 1."""

    fill: str
    start: Fraction
    length: Fraction


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a bar as it is drawn."""

    fill: str
    x: str
    y: int
    width: str
    height: int


@dataclass(frozen=True, slots=True)
class Lane:
    """A label, what it comes to in words, and the bars under it."""

    label: str
    value: str
    y: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with all that is said of it to who does not see it."""

    id: str
    title: str
    description: str
    height: int
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What one lane shows: each line of ``lines`` is one bar, made of parts."""

    label: str
    value: str
    lines: Sequence[Sequence[Part]]


def draw(name: str, title: str, entries: Iterable[Entry]) -> Chart:
    """Lay the entries out from top to bottom; the description says them all in words."""
    lanes: list[Lane] = []
    said: list[str] = []
    top = 0
    for entry in entries:
        lanes.append(_lane(entry, top))
        said.append(f"{entry.label}: {entry.value}.")
        top += _LABEL + len(entry.lines) * (_thickness(entry) + _BETWEEN) + _AFTER
    return Chart(name, title, " ".join(said), top, tuple(lanes))


def draw_in_pieces(name: str, title: str, entries: Sequence[Entry]) -> tuple[Chart, ...]:
    """Give charts that each fit on a sheet of paper, together all entries."""
    if len(entries) <= MOST_LANES:
        return (draw(name, title, entries),)
    pieces = [entries[at : at + MOST_LANES] for at in range(0, len(entries), MOST_LANES)]
    return tuple(
        draw(f"{name}-{n}", f"{title}, deel {n} van {len(pieces)}", piece)
        for n, piece in enumerate(pieces, 1)
    )


def whole(fill: str, length: Fraction = Fraction(1)) -> Part:
    """Give a part that begins at the left."""
    return Part(fill, Fraction(0), length)


def per_cent(share: Fraction) -> str:
    """Give a length as SVG writes it, to a hundredth of a per cent."""
    return f"{float(round(share * 100, 2)):g}%"


def _lane(entry: Entry, top: int) -> Lane:
    high = _thickness(entry)
    bars: list[Bar] = []
    for line, parts in enumerate(entry.lines):
        y = top + _LABEL + line * (high + _BETWEEN)
        bars += [Bar(p.fill, per_cent(p.start), y, per_cent(p.length), high) for p in parts]
    return Lane(entry.label, entry.value, top + _LABEL - 6, tuple(bars))


def _thickness(entry: Entry) -> int:
    return _ONE_BAR if len(entry.lines) == 1 else _OF_MORE
