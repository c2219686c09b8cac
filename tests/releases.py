"""Successive releases of one month as everybody gets them: files of all roles, and the truth."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime

from exchange.figures.levering import Dekking, Levering, Regel, Stand
from exchange.figures.measures import COUNTS, TIERS, Measure, Niveau, measures_of
from exchange.figures.publish import as_csv, as_json, territory
from exchange.figures.table import Cell, Row, Table, tabulate
from exchange.messages.identifiers import Periode
from exchange.policy.parties import Role, Vestiging
from tests.figures_attacker.judge import Publicly
from tests.figures_attacker.published import Key, pool
from tests.figures_attacker.relations import Where
from tests.nation import later, nation, not_yet

PERIODE = Periode(2026, 10)
_RELEASED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
_CERTIFICAAT = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"


def tables(seed: int, vestigingen: int, releases: int = 3) -> list[Table]:
    """Give the tables of successive releases: each has corrections and newcomers."""
    months = [nation(seed, vestigingen)]
    while len(months) < releases:
        months.append(later(months[-1], seed + len(months)))
    return [tabulate(month, not_yet(month, months[-1])) for month in months]


def small_counts(table: Table) -> frozenset[Cell]:
    """Give the pattern of who hides numbers below five and nothing else."""
    return frozenset(c for c in table.cells() if c[1] in COUNTS and 0 < table.value(c) < 5)


def levering(table: Table, hidden: Collection[Cell], nummer: int = 1) -> Levering:
    """Give a whole release under a pattern."""
    rows = enumerate(table.rows)
    regels = [
        Regel(
            niveau=row.niveau,
            code=row.code,
            sector=row.sector,
            gemeente=row.gemeente,
            swv=row.swv,
            leerlingen=row.leerlingen,
            ontbreekt=False,
            waarden={
                m: None if (index, m) in hidden else row.values[m] for m in measures_of(row.niveau)
            },
        )
        for index, row in rows
    ]
    regels += [_missing(vestiging) for vestiging in table.missing]
    delivered = sum(row.vestiging is not None for row in table.rows)
    return Levering(
        nummer=nummer,
        periode=PERIODE,
        stand=Stand.VOORLOPIG,
        vrijgegeven_op=_RELEASED,
        drempel=5,
        dekking=Dekking(delivered + len(table.missing), delivered),
        certificaat=_CERTIFICAAT,
        regels=tuple(regels),
    )


def files(whole: Levering) -> Iterable[bytes]:
    """Give the file of every recipient: OCW takes CSV, colleges JSON, and SWVs CSV."""
    yield as_csv(territory(whole, Role.OCW, ""))
    for gemeente in sorted({r.gemeente for r in whole.regels if r.gemeente}):
        yield as_json(territory(whole, Role.COLLEGE, gemeente))
    for swv in sorted({r.swv for r in whole.regels if r.swv}):
        yield as_csv(territory(whole, Role.SWV, swv))


def publicly(shown: Sequence[tuple[Table, Levering]]) -> Publicly:
    """Give what the files of these releases tell, and beside it what was true."""
    truth: dict[Where, int] = {}
    changed: set[Where] = set()
    sensitive: set[Where] = set()
    before: dict[Key, Row] = {}
    for release, (table, _) in enumerate(shown):
        for index, measure in table.cells():
            row = table.rows[index]
            where = release, row.key, measure.value
            truth[where] = row.values[measure]
            if _has_changed(row, before.get(row.key), measure):
                changed.add(where)
            if _is_sensitive(row, measure):
                sensitive.add(where)
        before = {row.key: row for row in table.rows}
    planned = {row.code: row.geplande_minuten for row in before.values() if row.vestiging}
    pooled = tuple(pool(files(whole)) for _, whole in shown)
    return Publicly(pooled, planned, truth, frozenset(changed), frozenset(sensitive))


def _has_changed(row: Row, before: Row | None, measure: Measure) -> bool:
    """Everybody sees when the number of pupils changed, and that the tiers must have too."""
    if before is None or row.values[measure] != before.values[measure]:
        return True
    return measure in TIERS and row.leerlingen != before.leerlingen


def _is_sensitive(row: Row, measure: Measure) -> bool:
    few = row.makers.get(measure, 5) < 5 or row.leerlingen < 10
    return few or row.largest.get(measure, 0) * 2 > row.values[measure]


def _missing(vestiging: Vestiging) -> Regel:
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
