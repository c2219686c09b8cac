"""Names what is not protected, or not proven to be: which cell, against whom, never a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from exchange.errors import Fault
from exchange.figures.measures import Measure, Niveau
from exchange.figures.secrets import Insider
from exchange.figures.table import Cell, Table


class Wrong(StrEnum):
    """What is wrong with a cell, as it is told to people."""

    GETOOND = "is getoond, maar moet verborgen zijn"
    RIJREGEL = "is getoond naast een verborgen cel waarvan zij afhangt"
    OMLAAG = "is van boven te begrenzen: geen tabel heeft een waarde die laag genoeg is"
    OMHOOG = "is van onder te begrenzen: geen tabel heeft een waarde die hoog genoeg is"
    AFLEIDBAAR = "is precies af te leiden"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one cell; ``insider`` is who can derive it, if not everybody."""

    cell: Cell
    niveau: Niveau
    code: str
    wrong: Wrong
    insider: Insider | None = None

    @property
    def measure(self) -> Measure:
        """The column of the cell."""
        return self.cell[1]

    def __str__(self) -> str:
        who = f" door wie de cijfers van {self.insider.name} kent" if self.insider else ""
        return f"{self.niveau.value} {self.code} {self.measure.value} {self.wrong.value}{who}"


class Unprotected(Fault):
    """The pattern lets somebody derive what it should hide: nothing may be released."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        cells = {one.cell for one in self.findings}
        super().__init__(f"niet beschermd: {len(cells)} cellen")


class NotProven(Fault):
    """A certificate that does not prove what it should."""


def finding(table: Table, cell: Cell, wrong: Wrong, insider: Insider | None = None) -> Finding:
    """Name a cell and what is wrong with it."""
    row = table.rows[cell[0]]
    return Finding(cell, row.niveau, row.code, wrong, insider)
