"""Leveringen made by hand: small ones to compare by the byte, and drawn ones to state laws of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import strategies as st

from exchange.figures.levering import Dekking, Levering, Regel, Stand
from exchange.figures.measures import Measure, Niveau, measures_of
from exchange.messages.identifiers import Periode

CERTIFICAAT = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"
RELEASED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PLACES: Mapping[Niveau, tuple[str, str, str | None, str | None]] = {
    Niveau.VESTIGING: ("99BB00", "vo", "0361", "VO2703"),
    Niveau.GEMEENTE_SWV: ("0361-VO2703", "vo-vso", "0361", "VO2703"),
    Niveau.SWV: ("VO2703", "vo-vso", None, "VO2703"),
    Niveau.LANDELIJK: ("NL", "vo-vso", None, None),
}
"""Of each level the code, sector, gemeente and SWV of a row that could be."""


def regel(niveau: Niveau, leerlingen: int, *numbers: int | None, **changes: object) -> Regel:
    """Give a row with ``numbers`` in the order in which its level publishes them."""
    code, sector, gemeente, swv = PLACES[niveau]
    waarden = dict(zip(measures_of(niveau), numbers, strict=True))
    made = Regel(niveau, code, sector, gemeente, swv, leerlingen, False, waarden)
    return replace(made, **changes)  # type: ignore[arg-type]  # a test chooses what it changes


def missing(code: str, **changes: object) -> Regel:
    """Give the row of a vestiging that did not deliver."""
    _, sector, gemeente, swv = PLACES[Niveau.VESTIGING]
    made = Regel(Niveau.VESTIGING, code, sector, gemeente, swv, None, True, {})
    return replace(made, **changes)  # type: ignore[arg-type]  # a test chooses what it changes


def levering(*regels: Regel, nummer: int = 12, periode: str = "2026-10") -> Levering:
    """Give a provisional release of these rows."""
    found = [one for one in regels if one.niveau is Niveau.VESTIGING]
    return Levering(
        nummer=nummer,
        periode=Periode.parse(periode),
        stand=Stand.VOORLOPIG,
        vrijgegeven_op=RELEASED,
        drempel=5,
        dekking=Dekking(len(found), sum(not one.ontbreekt for one in found)),
        certificaat=CERTIFICAAT,
        regels=regels,
    )


TINY = levering(
    regel(Niveau.VESTIGING, 412, 61_250, None, None, 371, None, None),
    missing("99BB01"),
    regel(Niveau.GEMEENTE_SWV, 412, 61_250, 9_480, 37, 371, 29, 12, 6, None),
    regel(Niveau.SWV, 1_890, 280_400, 41_700, 163, 1_702, 128, 60, 21, 0),
)
"""A hidden cell, a true zero, a vestiging that did not deliver, and three levels."""

_NUMBERS = st.one_of(st.none(), st.integers(0, 2**40))
_TEXTS = st.text(max_size=12)


@st.composite
def _regels(draw: st.DrawFn) -> Regel:
    niveau = draw(st.sampled_from(Niveau))
    gone = niveau is Niveau.VESTIGING and draw(st.booleans())
    return Regel(
        niveau=niveau,
        code=draw(_TEXTS),
        sector=draw(_TEXTS),
        gemeente=draw(st.one_of(st.none(), _TEXTS)),
        swv=draw(st.one_of(st.none(), _TEXTS)),
        leerlingen=None if gone else draw(st.integers(0, 2**31)),
        ontbreekt=gone,
        waarden={} if gone else {m: draw(_NUMBERS) for m in measures_of(niveau)},
    )


LEVERINGEN = st.builds(
    Levering,
    nummer=st.integers(1, 10**6),
    periode=st.builds(Periode, st.integers(2000, 2999), st.integers(1, 12)),
    stand=st.sampled_from(Stand),
    vrijgegeven_op=st.datetimes(timezones=st.just(UTC)),
    drempel=st.integers(1, 100),
    dekking=st.builds(Dekking, st.integers(0, 9000), st.integers(0, 9000)),
    certificaat=st.text(alphabet="abcXYZ019-_", min_size=43, max_size=43),
    regels=st.lists(_regels(), max_size=6).map(tuple),
)
"""Any levering that the model can hold, possible or not."""


def every_measure(value: int) -> dict[Measure, int | None]:
    """Give a row's numbers with the same value in every column."""
    return dict.fromkeys(Measure, value)
