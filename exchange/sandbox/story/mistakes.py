"""The bad lines of a month: what goes wrong at schools, and the code that it comes back with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from exchange.errors import Code
from exchange.messages.identifiers import Periode
from exchange.sandbox.story.caller import wire
from exchange.sandbox.world import World

_CLOSED_MONTHS_AGO = 4

Line = Mapping[str, Any]
"""A registration as it goes over the wire."""


def mistakes(
    world: World, supplier: str, periode: Periode, good: Line
) -> Iterator[tuple[bytes, Code]]:
    """Give a supplier's bad lines, each made of a good one by one mistake."""
    if supplier == "las-noord":
        yield _changed(good, 1, reden="TE_LAAT"), Code.ONBEKENDE_REDEN
        yield _changed(good, 2, pgn=_with_a_slip(good["pgn"])), Code.PGN_ONGELDIG
        yield _changed(good, 3, vestigingscode="99CC00"), Code.GEEN_MANDAAT
    elif supplier == "las-zuid":
        yield _changed(good, 1, reden="SPIJBEL", categorie="geoorloofd"), Code.CATEGORIE_STRIJDIG
        yield _changed(good, 2, minuten=0), Code.WAARDE_ONGELDIG
    else:
        closed = periode.plus(-_CLOSED_MONTHS_AGO).last_day.isoformat()
        counts_itself = world.counts_itself.reveal()
        yield _changed(good, 1, datum=closed), Code.PERIODE_GESLOTEN
        yield _changed(good, 2, vestigingscode=counts_itself), Code.BRON_STRIJDIG
        yield _changed(good, 3, klas="3B"), Code.ONBEKEND_VELD
        yield _changed(good, 4)[:-1], Code.ONGELDIGE_JSON


def _changed(good: Line, number: int, **changes: object) -> bytes:
    return wire({**good, "registratieId": f"fout-{number}", **changes})


def _with_a_slip(pgn: str) -> str:
    """Give a number whose last digit is wrong: no number of anybody."""
    return pgn[:-1] + str((int(pgn[-1]) + 1) % 10)
