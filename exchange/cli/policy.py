"""``exchange policy``: the necessity tables as this installation enforces them."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from exchange.bootstrap import open_necessity
from exchange.cli.naming import day_of
from exchange.cli.options import Dir, Json, settings_of
from exchange.policy.necessity import Clause

app = typer.Typer(help="Read the necessity tables.", no_args_is_help=True)


@app.callback()
def policy() -> None:
    """Keep ``show`` a subcommand of its own."""


@app.command()
def show(
    day: Annotated[str | None, typer.Option(help="Day it must be in force; default today.")] = None,
    dir: Dir = None,  # noqa: A002  the option's name
    as_json: Json = False,
) -> None:
    """Show which member of which message goes to whom, and why: the same for every installation."""
    if dir is not None:
        settings_of(dir)
    table = open_necessity().on(day_of(day) or date.today())  # noqa: DTZ011  the reader's own day
    clauses = list(table.clauses.values())
    if as_json:
        typer.echo(json.dumps([_as_json(c) for c in clauses], ensure_ascii=False, indent=2))
        return
    for clause in clauses:
        Console().print(_table(clause))


def _table(clause: Clause) -> Table:
    title = f"{clause.soort.value} → {clause.role.value} ({clause.status.value})"
    table = Table("veld", "besluit", "hoe of waarom", title=title, caption=clause.grondslag)
    for name, rule in clause.velden.items():
        table.add_row(name, rule.kind.value, rule.how)
    for name, how in clause.toegevoegd.items():
        table.add_row(name, "toegevoegd", how)
    return table


def _as_json(clause: Clause) -> dict[str, object]:
    return {
        "id": clause.id,
        "bericht": clause.soort.value,
        "rol": clause.role.value,
        "bereik": clause.reach.value,
        "status": clause.status.value,
        "grondslag": clause.grondslag,
        "velden": {n: {"soort": r.kind.value, "hoe": r.how} for n, r in clause.velden.items()},
        "toegevoegd": dict(clause.toegevoegd),
    }
