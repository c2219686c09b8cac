"""What the search page shows: the questions, how many records answer them, and those records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from exchange.console.views import words
from exchange.console.views.search_form import Asked
from exchange.console.views.table import Cell, Fact, Table, table
from exchange.pipeline.logregels import Logregel, Party
from exchange.storage.rows import Page

PATH = "/console/zoeken"
ALL = "alles"
_HEADS = ("Wanneer", "Wat", "Door", "Aan", "Waarvoor", "Uitkomst", "Bericht")
_LOOKS = {"geweigerd": "geweigerd", "fout": "fout-uitkomst"}


@dataclass(frozen=True, slots=True)
class Found:
    """What was found; ``hidden`` repeats the question in a form that takes it along."""

    count: str
    table: Table | None = None
    pages: tuple[Fact, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()


NOTHING_ASKED = Found("Er is nog niet gezocht.")
WRONG = Found("Er is niet gezocht: verbeter eerst het formulier.")


def address(asked: Asked) -> str:
    """Give the address at which the answers to a search stand."""
    return f"{PATH}?{urlencode(asked.query) or ALL}"


def found(asked: Asked, page: Page[Logregel], cursor: str | None) -> Found:
    """Lay one page of records out, the newest first."""
    rows = [_row(one) for one in page.items]
    return Found(
        count=_count(len(rows), cursor, page.next_cursor),
        table=table("gevonden", "Logregels, de nieuwste eerst", _HEADS, rows, "Er zijn er geen."),
        pages=tuple(_pages(asked.query, cursor, page.next_cursor)),
        hidden=tuple(asked.query.items()),
    )


def _count(shown: int, cursor: str | None, following: str | None) -> str:
    if not shown and following is not None:
        return "In dit deel van het logboek is niets gevonden. Verder terug is nog niet gezocht."
    if not shown:
        return "Geen logregels gevonden."
    lines = words.counted(shown, "logregel", "logregels")
    if following is not None:
        return f"{lines} op deze bladzijde. Er zijn er meer."
    return f"{lines} op deze laatste bladzijde." if cursor else f"{lines} gevonden."


def _pages(query: Mapping[str, str], cursor: str | None, following: str | None) -> list[Fact]:
    asked = dict(query) or {ALL: ""}
    links = []
    if cursor is not None:
        links.append(Fact("eerste", "Naar het begin", f"{PATH}?{urlencode(asked)}"))
    if following is not None:
        next_page = urlencode({**asked, "cursor": following})
        links.append(Fact("volgende", "Volgende bladzijde", f"{PATH}?{next_page}"))
    return links


def _row(one: Logregel) -> tuple[Cell, ...]:
    bericht = str(one.bericht_id or "")
    return (
        Cell(words.exact(one.tijd), f"/console/regels/{one.entry}", "heel", "bekijk de logregel"),
        Cell(words.spoken(one.actie), look="ruim"),
        Cell(_named(one.door)),
        Cell(_named(one.aan)),
        Cell(words.activity(one.activiteit), look="ruim"),
        Cell(_outcome(one), look=_look(one)),
        Cell("Bekijk", f"/console/berichten/{bericht}", spoken=f"bericht {bericht}")
        if bericht
        else Cell(words.NOTHING),
    )


def _look(one: Logregel) -> str:
    return _LOOKS.get(one.uitkomst, "") if one.unaltered else _LOOKS["fout"]


def _named(party: Party | None) -> str:
    return party.name if party else words.NOTHING


def _outcome(one: Logregel) -> str:
    if not one.unaltered:
        return "veranderd na vastleggen"
    said = words.outcome(one.uitkomst)
    return f"{said}: {words.spoken(one.code).lower()}" if one.code else said


def exports_table(records: Iterable[Logregel]) -> Table:
    """List who took records along, and when; what exactly stands in the record."""
    rows = (
        (
            Cell(words.exact(one.tijd), f"/console/regels/{one.entry}", "heel"),
            Cell(_named(one.door)),
        )
        for one in records
    )
    empty = "Er is nog niets meegenomen."
    return table("meegenomen", "De nieuwste eerst", ("Wanneer", "Door"), rows, empty)
