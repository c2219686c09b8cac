"""``exchange register``: bring the public registers up to date from the files as published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from exchange.bootstrap.registers import import_file
from exchange.cli.naming import day_of
from exchange.cli.options import Dir, Json, settings_of
from exchange.policy.registers import Register, Report

app = typer.Typer(
    help="Import public registers: schools, gemeenten, regions.", no_args_is_help=True
)
_SHOWN = 20


@app.callback()
def register() -> None:
    """Keep ``import`` a subcommand of its own."""


@app.command(name="import")
def import_(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The file, as it was published.")
    ],
    peildatum: Annotated[
        str | None, typer.Option(help="First day on which the file holds; default today.")
    ] = None,
    soort: Annotated[
        Register | None, typer.Option(help="Register it is of; default: told by its columns.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report only; change nothing.")
    ] = False,
    may_shrink: Annotated[
        bool,
        typer.Option("--ook-bij-krimp", help="Even if it ends more than half of what we have."),
    ] = False,
    dir: Dir = None,  # noqa: A002  the option's name
    as_json: Json = False,
) -> None:
    """Bring a register up to date: all that fits, or nothing if the file is damaged."""
    report = import_file(
        settings_of(dir), file, soort, day_of(peildatum), rehearsal=dry_run, may_shrink=may_shrink
    )
    if as_json:
        typer.echo(json.dumps(_as_json(report), ensure_ascii=False, indent=2))
        return
    _show(report, Console())


def _show(report: Report, console: Console) -> None:
    about = report.about
    done = "proef, er is niets gewijzigd" if report.rehearsal else "ingelezen"
    console.print(f"Register {about.register.value} per {report.peildatum}: {done}", markup=False)
    console.print(f"Herkend aan {about.because}", markup=False)
    table = Table("wat", "aantal")
    for what, count in _counts(report).items():
        table.add_row(what, str(count))
    console.print(table)
    if about.absent:
        console.print(f"Niet gevonden: kolom {', '.join(about.absent)}", markup=False)
    for note in about.notes:
        console.print(f"Let op: {note}", markup=False)
    _show_misfits(report, console)


def _show_misfits(report: Report, console: Console) -> None:
    if not report.misfits:
        return
    table = Table("regel", "past niet, want")
    for misfit in report.misfits[:_SHOWN]:
        table.add_row(str(misfit.line), misfit.reason)
    console.print(table)
    more = len(report.misfits) - _SHOWN
    if more > 0:
        console.print(f"en nog {more} regels die niet passen")


def _counts(report: Report) -> dict[str, int]:
    return {
        "gelezen": report.about.read,
        "nieuw": report.new,
        "gewijzigd": report.changed,
        "beëindigd": report.ended,
        "ongewijzigd": report.unchanged,
        "past niet": len(report.misfits),
    }


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "register": report.about.register.value,
        "herkendAan": report.about.because,
        "sha256": report.about.sha256,
        "peildatum": report.peildatum.isoformat(),
        "proef": report.rehearsal,
        "gelezen": report.about.read,
        "nieuw": report.new,
        "gewijzigd": report.changed,
        "beeindigd": report.ended,
        "ongewijzigd": report.unchanged,
        "pastNiet": [{"regel": m.line, "reden": m.reason} for m in report.misfits],
        "kolommenNietGevonden": list(report.about.absent),
        "opmerkingen": list(report.about.notes),
        "entry": str(report.entry) if report.entry else None,
    }
