"""Finds in a levering what the page is about: the recipient's own totals, and their parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exchange.figures.levering import Levering, Regel
from exchange.figures.measures import Niveau
from exchange.figures.publish.names import Names
from exchange.figures.publish.page import dutch

_DOWNWARDS = (Niveau.LANDELIJK, Niveau.SWV, Niveau.GEMEENTE_SWV)
_LABEL_SIZE = 22


@dataclass(frozen=True, slots=True)
class Area:
    """A row above the vestigingen, and what people call it; ``label`` fits in a chart."""

    regel: Regel
    name: str
    label: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What its row is found by in another release."""
        return self.regel.key


@dataclass(frozen=True, slots=True)
class Areas:
    """``totals`` are the rows that are in no other row of the recipient; ``parts`` one below."""

    totals: tuple[Area, ...]
    parts: tuple[Area, ...]
    parts_title: str

    @property
    def all(self) -> tuple[Area, ...]:
        """The totals, then their parts."""
        return self.totals + self.parts


def areas_of(levering: Levering, names: Names) -> Areas:
    """Give what the page shows as a whole, and what it compares within that.

    Who is college and SWV at once has gemeenten of other SWVs too: those are wholes beside its own.
    """
    rows = {niveau: [r for r in levering.regels if r.niveau is niveau] for niveau in _DOWNWARDS}
    if rows[Niveau.LANDELIJK]:
        wholes, parts, title = rows[Niveau.LANDELIJK], rows[Niveau.SWV], "samenwerkingsverband"
    else:
        own = {regel.swv for regel in rows[Niveau.SWV]}
        parts = [regel for regel in rows[Niveau.GEMEENTE_SWV] if regel.swv in own]
        others = [regel for regel in rows[Niveau.GEMEENTE_SWV] if regel.swv not in own]
        wholes, title = rows[Niveau.SWV] + others, "gemeente"
    totals = tuple(_whole(regel, names) for regel in wholes)
    return Areas(totals, _parts(parts, names), title)


def _whole(regel: Regel, names: Names) -> Area:
    kind = dutch.sector(regel.sector)
    code = regel.swv or regel.code
    if regel.niveau is Niveau.LANDELIJK:
        name = f"Nederland, {kind}"
    elif regel.niveau is Niveau.SWV:
        name = _swv_name(code, kind, names)
    else:
        name = f"{_gemeente_name(regel, names)}, {kind} ({code})"
    return Area(regel, name, f"{code}, {kind}")


def _parts(regels: Sequence[Regel], names: Names) -> tuple[Area, ...]:
    """Name gemeenten by their name alone as long as they are of one SWV."""
    several = len({regel.swv for regel in regels}) > 1
    areas = [_part(regel, names, several=several) for regel in regels]
    return tuple(sorted(areas, key=lambda area: (area.name, area.key)))


def _part(regel: Regel, names: Names, *, several: bool) -> Area:
    code = regel.swv or regel.code
    if regel.niveau is Niveau.SWV:
        kind = dutch.sector(regel.sector)
        return Area(regel, _swv_name(code, kind, names), f"{code}, {kind}")
    name = _gemeente_name(regel, names)
    short = name if len(name) <= _LABEL_SIZE else f"{name[: _LABEL_SIZE - 1]}…"
    return (
        Area(regel, f"{name} ({code})", f"{short} {code}") if several else Area(regel, name, short)
    )


def _swv_name(code: str, kind: str, names: Names) -> str:
    called = names.swvs.get(code)
    return f"{called} ({code})" if called else f"Samenwerkingsverband {code}, {kind}"


def _gemeente_name(regel: Regel, names: Names) -> str:
    code = regel.gemeente or regel.code
    return names.gemeenten.get(code, f"Gemeente {code}")
