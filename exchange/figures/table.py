"""Builds the table of one month: a row per vestiging that delivered, and the sums above them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from exchange.figures.measures import COUNTS, MINUTES, Measure, Niveau, measures_of
from exchange.messages.schoolcijfers import Schoolcijfers
from exchange.policy.parties import Sector, Vestiging

Cell = tuple[int, Measure]
"""One number of a table: the index of its row and its column."""

LANDELIJK = "NL"
NUMBER = Measure.LEERLINGEN_MET_ONGEOORLOOFD_VERZUIM
_KINDS = {Sector.PO: "po-so", Sector.SO: "po-so", Sector.VO: "vo-vso", Sector.VSO: "vo-vso"}


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one vestiging delivered about the month, before protection.

    ``figures`` are the same whether the school counted itself or we folded its registrations.
    """

    vestiging: Vestiging
    figures: Schoolcijfers
    verzuimmeldingen: int
    signalen: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row before protection; never leaves the gateway.

    ``sector`` is that of a vestiging, above it the kind of SWV. ``makers`` and ``largest`` say of
    the two measures of minutes how many pupils made them, and the most that one pupil made.
    ``geplande_minuten`` are those of one pupil; above a vestiging the most of any row below.
    ``parent`` and ``children`` are indices of rows.
    """

    niveau: Niveau
    code: str
    sector: str
    gemeente: str | None
    swv: str | None
    leerlingen: int
    geplande_minuten: int
    values: Mapping[Measure, int]
    makers: Mapping[Measure, int]
    largest: Mapping[Measure, int]
    parent: int | None
    children: tuple[int, ...]
    vestiging: Vestiging | None

    @property
    def key(self) -> tuple[str, str, str]:
        """What this row is found by in another release."""
        return self.niveau.value, self.code, "" if self.vestiging else self.sector


@dataclass(frozen=True, slots=True)
class Table:
    """All rows, vestigingen first and each level after the one below; ``missing`` are in no sum."""

    rows: tuple[Row, ...]
    missing: tuple[Vestiging, ...]

    def value(self, cell: Cell) -> int:
        """Give the true number in a cell."""
        row, measure = cell
        return self.rows[row].values[measure]

    def cells(self) -> Iterable[Cell]:
        """Give every cell, row by row."""
        for index, row in enumerate(self.rows):
            for measure in measures_of(row.niveau):
                yield index, measure


def kind_of(sector: Sector) -> str:
    """Give the kind of samenwerkingsverband that a sector belongs to: ``po-so`` or ``vo-vso``."""
    return _KINDS[sector]


def tabulate(delivered: Iterable[Delivered], missing: Iterable[Vestiging]) -> Table:
    """Sum the vestigingen to gemeente within SWV, to SWV, and to the country per kind of SWV."""
    found = sorted(delivered, key=lambda one: one.vestiging.code.reveal())
    rows = [_vestiging_row(one) for one in found]
    messages = [
        {Measure.VERZUIMMELDINGEN: one.verzuimmeldingen, Measure.SIGNALEN: one.signalen}
        for one in found
    ]
    level = range(len(rows))
    for niveau in (Niveau.GEMEENTE_SWV, Niveau.SWV, Niveau.LANDELIJK):
        level = _add_level(rows, level, niveau, messages)
    absent = sorted(missing, key=lambda vestiging: vestiging.code.reveal())
    return Table(tuple(rows), tuple(absent))


def _vestiging_row(one: Delivered) -> Row:
    vestiging, figures = one.vestiging, one.figures
    return Row(
        niveau=Niveau.VESTIGING,
        code=vestiging.code.reveal(),
        sector=vestiging.sector.value,
        gemeente=vestiging.gemeente.reveal(),
        swv=vestiging.swv,
        leerlingen=figures.leerlingen,
        geplande_minuten=figures.geplande_minuten_per_leerling,
        values={
            Measure.GEOORLOOFDE_MINUTEN: figures.geoorloofd.minuten,
            Measure.ONGEOORLOOFDE_MINUTEN: figures.ongeoorloofd.minuten,
            NUMBER: figures.leerlingen_met_ongeoorloofd_verzuim,
            Measure.TREDE1: figures.trede1,
            Measure.TREDE2: figures.trede2,
            Measure.TREDE3: figures.trede3,
        },
        makers={
            Measure.GEOORLOOFDE_MINUTEN: figures.geoorloofd.aantal_leerlingen,
            Measure.ONGEOORLOOFDE_MINUTEN: figures.ongeoorloofd.aantal_leerlingen,
        },
        largest={
            Measure.GEOORLOOFDE_MINUTEN: figures.geoorloofd.grootste_aandeel_minuten,
            Measure.ONGEOORLOOFDE_MINUTEN: figures.ongeoorloofd.grootste_aandeel_minuten,
        },
        parent=None,
        children=(),
        vestiging=vestiging,
    )


def _add_level(
    rows: list[Row], below: Sequence[int], niveau: Niveau, messages: list[dict[Measure, int]]
) -> range:
    groups: dict[tuple[str, str], list[int]] = {}
    for index in below:
        groups.setdefault(_group(rows[index], niveau), []).append(index)
    start = len(rows)
    for (code, kind), children in sorted(groups.items()):
        parts = [rows[child] for child in children]
        sums = {m: sum(messages[child][m] for child in children) for m in messages[children[0]]}
        messages.append(sums)
        rows.append(_sum_row(niveau, code, kind, parts, tuple(children), sums))
    for parent in range(start, len(rows)):
        for child in rows[parent].children:
            rows[child] = replace(rows[child], parent=parent)
    return range(start, len(rows))


def _group(row: Row, niveau: Niveau) -> tuple[str, str]:
    kind = kind_of(row.vestiging.sector) if row.vestiging else row.sector
    if niveau is Niveau.GEMEENTE_SWV:
        return f"{row.gemeente}-{row.swv}", kind
    return (LANDELIJK if niveau is Niveau.LANDELIJK else str(row.swv)), kind


def _sum_row(
    niveau: Niveau,
    code: str,
    kind: str,
    parts: Sequence[Row],
    children: tuple[int, ...],
    messages: Mapping[Measure, int],
) -> Row:
    summed = {m: sum(p.values[m] for p in parts) for m in (*MINUTES, *COUNTS) if m not in messages}
    return Row(
        niveau=niveau,
        code=code,
        sector=kind,
        gemeente=parts[0].gemeente if niveau is Niveau.GEMEENTE_SWV else None,
        swv=parts[0].swv if niveau is not Niveau.LANDELIJK else None,
        leerlingen=sum(p.leerlingen for p in parts),
        geplande_minuten=max(p.geplande_minuten for p in parts),
        values={**summed, **messages},
        makers={m: sum(p.makers[m] for p in parts) for m in MINUTES},
        largest={m: max(p.largest[m] for p in parts) for m in MINUTES},
        parent=None,
        children=children,
        vestiging=None,
    )
