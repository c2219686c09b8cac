"""Names and describes, in Dutch, the columns that the tabular forms have in common."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from exchange.figures.levering import Levering, Regel
from exchange.figures.measures import Measure
from exchange.figures.publish.cells import Cell, Mark, cell, leerlingen


class Kind(Enum):
    """What a column holds."""

    TEXT = "text"
    MONTH = "month"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name on the wire, and what people call it."""

    name: str
    kind: Kind
    title: str
    description: str


PLACE = (
    Column("niveau", Kind.TEXT, "Niveau", "vestiging, gemeente-swv, swv of landelijk."),
    Column("code", Kind.TEXT, "Code", "Vestigingscode, gemeente en SWV, SWV-nummer of NL."),
    Column("periode", Kind.MONTH, "Maand", "De kalendermaand waarover de cijfers gaan."),
    Column("sector", Kind.TEXT, "Sector", "po, so, vo of vso; boven vestiging po-so of vo-vso."),
    Column("gemeente", Kind.TEXT, "Gemeente", "CBS-code van de gemeente waarin de vestiging ligt."),
    Column("swv", Kind.TEXT, "Samenwerkingsverband", "Nummer van het samenwerkingsverband."),
)
LEERLINGEN = Column(
    "leerlingen",
    Kind.NUMBER,
    "Leerlingen",
    "Leer- en kwalificatieplichtige leerlingen; dit aantal wordt nooit verborgen.",
)
MEASURES = {
    Measure.GEOORLOOFDE_MINUTEN: (
        "Geoorloofde minuten",
        "Gemiste lesminuten met een geldige reden.",
    ),
    Measure.ONGEOORLOOFDE_MINUTEN: (
        "Ongeoorloofde minuten",
        "Gemiste lesminuten zonder geldige reden.",
    ),
    Measure.LEERLINGEN_MET_ONGEOORLOOFD_VERZUIM: (
        "Leerlingen met ongeoorloofd verzuim",
        "Leerlingen die ten minste een minuut ongeoorloofd misten.",
    ),
    Measure.TREDE1: ("Trede 1", "Leerlingen die ten minste 95 % van de lestijd aanwezig waren."),
    Measure.TREDE2: ("Trede 2", "Leerlingen die 90 % tot 95 % van de lestijd aanwezig waren."),
    Measure.TREDE3: ("Trede 3", "Leerlingen die minder dan 90 % van de lestijd aanwezig waren."),
    Measure.VERZUIMMELDINGEN: ("Verzuimmeldingen", "Wettelijke verzuimmeldingen in de maand."),
    Measure.SIGNALEN: ("Signalen", "Signalen zorgelijk verzuim in de maand."),
}
"""Of each measure its title and what it counts."""

NUMBERS = (LEERLINGEN, *(Column(m.value, Kind.NUMBER, *MEASURES[m]) for m in Measure))
COLUMNS = (*PLACE, *NUMBERS)


def place_of(regel: Regel, levering: Levering) -> dict[str, str | None]:
    """Give where a row belongs, by the name of the column; None where it has no such place."""
    return {
        "niveau": regel.niveau.value,
        "code": regel.code,
        "periode": str(levering.periode),
        "sector": regel.sector,
        "gemeente": regel.gemeente,
        "swv": regel.swv,
    }


def numbers_of(regel: Regel) -> dict[str, Cell]:
    """Give every numeric cell of a row, by the name of the column."""
    return {
        LEERLINGEN.name: leerlingen(regel),
        **{measure.value: cell(regel, measure) for measure in Measure},
    }


MARKS = {Mark.VERBORGEN: ".", Mark.ONTBREEKT: "x", Mark.BESTAAT_NIET: ""}
"""How a cell without a number is written in text (contract, section 3)."""
