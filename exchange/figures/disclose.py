"""Turns a secured table into what may be seen of it: the whole release, before it is cut up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from exchange.figures.levering import Dekking, Levering, Regel, Stand
from exchange.figures.measures import Niveau, measures_of
from exchange.figures.secure import Secured
from exchange.figures.table import Table
from exchange.messages.identifiers import Periode
from exchange.policy.parties import Vestiging


@dataclass(frozen=True, slots=True)
class Header:
    """What is said of a release as a whole, before anything is counted in it."""

    nummer: int
    periode: Periode
    stand: Stand
    at: datetime
    drempel: int


def disclose(header: Header, table: Table, secured: Secured) -> Levering:
    """Give every row with what is not hidden; vestigingen that did not deliver stand among them."""
    delivered = sum(row.niveau is Niveau.VESTIGING for row in table.rows)
    regels = [*_regels(table, secured), *(_absent(vestiging) for vestiging in table.missing)]
    order = list(Niveau)
    return Levering(
        nummer=header.nummer,
        periode=header.periode,
        stand=header.stand,
        vrijgegeven_op=header.at.replace(microsecond=0),
        drempel=header.drempel,
        dekking=Dekking(delivered + len(table.missing), delivered),
        certificaat=secured.certificate.digest,
        regels=tuple(sorted(regels, key=lambda r: (order.index(r.niveau), r.code, r.sector))),
    )


def _regels(table: Table, secured: Secured) -> Iterator[Regel]:
    hidden = secured.protection.hidden
    for index, row in enumerate(table.rows):
        shown = {
            measure: None if (index, measure) in hidden else row.values[measure]
            for measure in measures_of(row.niveau)
        }
        yield Regel(
            niveau=row.niveau,
            code=row.code,
            sector=row.sector,
            gemeente=row.gemeente,
            swv=row.swv,
            leerlingen=row.leerlingen,
            ontbreekt=False,
            waarden=shown,
        )


def _absent(vestiging: Vestiging) -> Regel:
    return Regel(
        niveau=Niveau.VESTIGING,
        code=vestiging.code.reveal(),
        sector=vestiging.sector.value,
        gemeente=vestiging.gemeente.reveal(),
        swv=vestiging.swv,
        leerlingen=None,
        ontbreekt=True,
        waarden={},
    )
