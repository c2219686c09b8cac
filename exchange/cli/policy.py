"""``exchange policy``: the rules as this installation enforces them, and what would change."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from exchange.bootstrap.law import open_necessity
from exchange.cli.differences import as_json as difference_as_json
from exchange.cli.differences import show_difference
from exchange.cli.naming import day_of
from exchange.cli.options import Dir, Json, settings_of
from exchange.cli.replaying import judged, rules_to_compare
from exchange.messages.soort import Soort
from exchange.policy.calendar import Schoolkalender
from exchange.policy.comparison import compare
from exchange.policy.necessity import Clause, Exclusion, Mode
from exchange.policy.parties import Sector
from exchange.policy.publication import table_document
from exchange.policy.replay import Circumstances

app = typer.Typer(help="Read the rules, and compare them.", no_args_is_help=True)


@app.command()
def show(
    day: Annotated[str | None, typer.Option(help="Day it must be in force; default today.")] = None,
    dir: Dir = None,  # noqa: A002  the option's name
    as_json: Json = False,
) -> None:
    """Show which member of which message goes to whom, and why: the same for every installation."""
    if dir is not None:
        settings_of(dir)
    table = open_necessity().on(day_of(day) or _today())
    if as_json:
        written = table_document(table, Mode.TRIAL)
        typer.echo(json.dumps(written, ensure_ascii=False, indent=2))
        return
    for clause in table.clauses.values():
        Console().print(_table(clause))
    Console().print(_exclusions(table.exclusions))


@app.command()
def diff(  # noqa: PLR0913, PLR0917  its options
    message: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="One message as JSON, to judge twice."),
    ] = None,
    soort: Annotated[
        Soort | None, typer.Option(help="What it is; default: told by its members.")
    ] = None,
    op: Annotated[str | None, typer.Option(help="The one day; default today.")] = None,
    tegen: Annotated[
        str | None, typer.Option(help="The other day; default: the last date in the draft.")
    ] = None,
    necessity: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A draft necessity table.")
    ] = None,
    parameters: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A draft parameters.toml.")
    ] = None,
    sector: Annotated[Sector, typer.Option(help="Of the vestiging.")] = Sector.VO,
    lesuur: Annotated[int, typer.Option(min=1, max=60, help="The school's own, in minutes.")] = 60,
    vrij: Annotated[
        list[str] | None, typer.Option(help="A lesson-free period VAN:TOT; may be repeated.")
    ] = None,
    production: Annotated[
        bool, typer.Option("--productie", help="As production: only what is law.")
    ] = False,
    dir: Dir = None,  # noqa: A002  the option's name
    as_json: Json = False,
) -> None:
    """Show what differs between the rules of two days, and what it does to a message.

    What neither the message nor an option says is assumed to be in order: who sent
    it, its vestiging, gemeente and criterium, and that nothing was sent before.
    Prints names of members and codes, never a value.
    """
    if dir is not None:
        settings_of(dir)
    before, after = rules_to_compare(day_of(op) or _today(), day_of(tegen), necessity, parameters)
    given = Circumstances(
        _today(), sector, lesuur, _calendar(vrij), Mode.PRODUCTION if production else Mode.TRIAL
    )
    verdicts = judged(message.read_bytes(), soort, (before, after), given) if message else None
    found = compare(before, after)
    if as_json:
        document = difference_as_json(before, after, found, verdicts)
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        show_difference(before, after, found, verdicts)


def _today() -> date:
    return date.today()  # noqa: DTZ011  the reader's own day


def _calendar(periods: list[str] | None) -> Schoolkalender:
    free = []
    for text in periods or ():
        van, _, tot = text.partition(":")
        first, last = day_of(van), day_of(tot)
        if first is None or last is None or first > last:
            raise typer.BadParameter("a lesson-free period is JJJJ-MM-DD:JJJJ-MM-DD")
        free.append((first, last))
    return Schoolkalender(tuple(free))


def _table(clause: Clause) -> Table:
    title = f"{clause.soort.value} → {clause.role.value} ({clause.status.value})"
    table = Table("veld", "besluit", "hoe of waarom", title=title, caption=clause.grondslag)
    for name, rule in clause.velden.items():
        table.add_row(name, rule.kind.value, rule.how)
    for name, how in clause.toegevoegd.items():
        table.add_row(name, "toegevoegd", how)
    return table


def _exclusions(exclusions: Iterable[Exclusion]) -> Table:
    table = Table("ontvanger", "velden", "grond", title="nooit, in welke clausule ook")
    for exclusion in exclusions:
        table.add_row(exclusion.ontvanger, ", ".join(sorted(exclusion.velden)), exclusion.grond)
    return table
