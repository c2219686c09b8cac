"""What the overview shows: how much happened on each day, what, how it ended, and who did most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from exchange.console.views import words
from exchange.console.views.columns import Columns, Day, draw_columns
from exchange.console.views.spans import Span, span_links
from exchange.console.views.table import Cell, Fact, Table, amount, numeric, table
from exchange.figures.publish.page.dutch import number
from exchange.pipeline.log_overview import Overview

PATH, SEARCH = "/console/overzicht", "/console/zoeken"
SPANS = (7, 30, 92)
USUAL_SPAN = 30
_KINDS = {"ok": "gelukt", "geweigerd": "geweigerd", "fout": "storing"}
_HEADS = tuple(numeric(text) for text in ("Alles", "Gelukt", "Geweigerd", "Storing"))


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """The overview."""

    spans: tuple[Span, ...]
    summary: str
    state: tuple[Fact, ...]
    chart: Columns
    legend: tuple[Fact, ...]
    days: Table
    actions: Table
    parties: Table


def overview_page(counted: Overview, lag_seconds: float, span: int) -> OverviewPage:
    """Lay the figures out; findings are a click away: counting them would read every record."""
    days = list(_days(counted))
    total = sum(one.aantal for one in counted.counts)
    return OverviewPage(
        spans=span_links(PATH, SPANS, span),
        summary=f"{words.counted(total, 'logregel', 'logregels')} in {len(days)} dagen.",
        state=_state(lag_seconds),
        chart=draw_columns("Logregels per dag", tuple(_KINDS.values()), days),
        legend=tuple(Fact(kind, kind) for kind in _KINDS.values()),
        days=_day_table(counted, days),
        actions=_action_table(counted),
        parties=_party_table(counted),
    )


def _days(counted: Overview) -> Iterable[Day]:
    for n in range((counted.tot - counted.van).days + 1):
        on = counted.van + timedelta(days=n)
        counts: Counter[str] = Counter()
        for one in counted.counts:
            if one.dag == on:
                counts[_KINDS.get(one.uitkomst, one.uitkomst)] += one.aantal
        yield Day(words.day(on), words.short_day(on), counts)


def _state(behind: float) -> tuple[Fact, ...]:
    sealed = "is bij" if behind < 1 else f"loopt {words.lasting(behind)} achter"
    return (
        Fact("Verzegeling van het logboek", sealed, "/console/integriteit"),
        Fact("Wat opvalt", "bekijk de bevindingen", "/console/bevindingen"),
    )


def _day_table(counted: Overview, days: list[Day]) -> Table:
    rows = (
        (Cell(one.label, _search(van=on, tot=on), "heel"), *_amounts(one.counts))
        for n, one in enumerate(days)
        for on in (counted.van + timedelta(days=n),)
    )
    return table("dagen", "Logregels per dag", ("Dag", *_HEADS), reversed(list(rows)))


def _action_table(counted: Overview) -> Table:
    by_action: dict[str, Counter[str]] = {}
    for one in counted.counts:
        kind = _KINDS.get(one.uitkomst, one.uitkomst)
        by_action.setdefault(one.actie, Counter())[kind] += one.aantal
    ordered = sorted(by_action.items(), key=lambda item: (-item[1].total(), item[0]))
    period = {"van": counted.van, "tot": counted.tot}
    rows = (
        (Cell(words.spoken(action), _search(**period, actie=action)), *_amounts(counts))
        for action, counts in ordered
    )
    return table("handelingen", "Wat er gebeurde", ("Wat", *_HEADS), rows)


def _party_table(counted: Overview) -> Table:
    period = {"van": counted.van, "tot": counted.tot}
    rows = (
        (Cell(one.party.name, _search(**period, actor=one.party.oin)), amount(one.aantal))
        for one in counted.actors
    )
    heads = ("Organisatie", numeric("Logregels"))
    return table("partijen-tabel", "Wie het meest deden", heads, rows)


def _amounts(counts: Mapping[str, int]) -> tuple[Cell, ...]:
    return tuple(
        Cell(number(n), look="getal")
        for n in (sum(counts.values()), *(counts.get(k, 0) for k in _KINDS.values()))
    )


def _search(**asked: object) -> str:
    return f"{SEARCH}?{urlencode(asked)}"
