"""The part of the summary about the release: who collected what of it, and what stayed hidden."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from exchange.sandbox.screen.month import spoken
from exchange.sandbox.screen.suppliers import counted
from exchange.sandbox.story.levering import Collected
from exchange.sandbox.story.levering_told import LeveringTold

_COLUMNS = ("rijen", "getoond", "verborgen", "niet geleverd")


def levering_of(told: LeveringTold) -> RenderableType:
    """Draw what each recipient collected; a hidden cell may be a zero."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("ontvanger", no_wrap=True)
    for name in _COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    for one in told.collected:
        table.add_row(one.party.name, *(counted(count) for count in _counts(one)))
    return Group(
        Text(
            f"Nummer {told.nummer}, {told.stand}, {spoken(told.periode)}: bewezen dat uit alle"
            " bestanden samen geen aantal van 1 tot en met 4 af te leiden is."
        ),
        table,
        Text(f"Als pagina: {told.pages}/*.html", "dim"),
    )


def _counts(one: Collected) -> tuple[int, int, int, int]:
    hidden = sum(len(row.get("onderdrukt", ())) for row in one.rows)
    missing = sum(bool(row.get("ontbreekt")) for row in one.rows)
    shown = sum(
        type(value) is int and name != "leerlingen"
        for row in one.rows
        for name, value in row.items()
    )
    return len(one.rows), shown, hidden, missing
