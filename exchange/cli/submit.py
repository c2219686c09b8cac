"""``exchange submit``: the reference sender of a school, from its own file to receipts."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from exchange.bootstrap.sender import RECEIPTS, REFUSALS, Kind, Report, Sending, open_sender
from exchange.cli.options import (
    BaseUrl,
    Certificate,
    CertificateKey,
    GatewayCa,
    Json,
    settings_of,
    stop_when_asked,
)
from exchange.errors import Invalid
from exchange.sandbox.layout import Layout

_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(submit)


def submit(  # noqa: PLR0913, PLR0917  one per option
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="CSV with wire names above it, or NDJSON."
        ),
    ],
    soort: Annotated[Kind, typer.Option(help="What the file holds.")],
    dir: Annotated[  # noqa: A002  the option's name
        Path | None, typer.Option("--dir", help="A sandbox folder; then only --as is needed.")
    ] = None,
    party: Annotated[str, typer.Option("--as", help="A sandbox party, such as las-noord.")] = "",
    base_url: BaseUrl = "",
    ca: GatewayCa = None,
    cert: Certificate = None,
    key: CertificateKey = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for receipts and progress; default FILE.ontvangst beside FILE."),
    ] = None,
    negeer: Annotated[
        list[str] | None,
        typer.Option(help="A CSV column that is not sent; any other unknown one stops all."),
    ] = None,
    rehearsal: Annotated[
        bool, typer.Option("--valideer", help="Check everything; store nothing, here or there.")
    ] = False,
    packed: Annotated[bool, typer.Option("--gzip", help="Pack registrations on the way.")] = False,
    as_json: Json = False,
) -> None:
    """Send a file of registrations, signalen or meldingen; the same command goes on after a stop.

    Exit code 0 if all was accepted, 1 if anything was refused or it stopped, 2 for wrong usage.
    """
    where = _in_sandbox(Layout(dir.resolve()), party) if dir else _given(base_url, ca, cert, key)
    sending = Sending(
        file=file,
        kind=soort,
        out=out or file.with_name(f"{file.name}.ontvangst"),
        ignored=negeer or [],
        rehearsal=rehearsal,
        packed=packed,
        **where,
    )
    report = _send(sending)
    (_tell_json if as_json else _tell)(report, sending)
    raise typer.Exit(0 if report.complete else 1)


def _in_sandbox(layout: Layout, party: str) -> dict[str, Any]:
    """Give the places of a sandbox party; they follow from its name."""
    listen = settings_of(layout.root).listen
    if listen is None or not layout.certificate(party).exists():
        raise typer.BadParameter("this sandbox has no such party", param_hint="--as")
    return {
        "base_url": f"https://localhost:{listen.port}",
        "ca": layout.ca,
        "cert": layout.certificate(party),
        "key": layout.private_key(party),
    }


def _given(base_url: str, ca: Path | None, cert: Path | None, key: Path | None) -> dict[str, Any]:
    given = {"base_url": base_url, "ca": ca, "cert": cert, "key": key}
    missing = [f"--{name.replace('_', '-')}" for name, value in given.items() if not value]
    if missing:
        raise typer.BadParameter(f"also give {', '.join(missing)}, or --dir and --as")
    return given


def _send(sending: Sending) -> Report:
    stop = stop_when_asked(signal.SIGINT, signal.SIGTERM)
    with closing(open_sender(sending, stop)) as sender, _bar(sending.file.name) as tell:
        try:
            return sender.run(tell)
        except Invalid as error:
            told = "; ".join(violation.detail for violation in error.violations)
            raise typer.BadParameter(told, param_hint=sending.file.name) from None


@contextmanager
def _bar(name: str) -> Iterator[Callable[[Report], None]]:
    """Draw how far it is on a terminal, and nowhere else."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as drawn:
        task = drawn.add_task(name, total=None)
        yield lambda report: drawn.update(task, total=report.total, completed=report.done)


def _tell(report: Report, sending: Sending) -> None:
    console = Console(markup=False, highlight=False)
    what = "proef, er is niets opgeslagen" if sending.rehearsal else "verstuurd"
    console.print(f"{sending.kind}: {what}")
    waiting = report.total - report.done
    counts = {"aangenomen": report.accepted, "geweigerd": report.refused, "niet verstuurd": waiting}
    for name, count in counts.items():
        if count or name != "niet verstuurd":
            console.print(f"{name:<15}{count:>9}")
    if report.told:
        _tell_refusals(report, console)
    if not sending.rehearsal:
        _tell_files(report, sending, console)
    if report.halted is not None:
        again = "" if sending.rehearsal else " Hetzelfde commando gaat verder waar dit stopte."
        typer.echo(
            f"Gestopt bij regel {report.halted_at}: {report.halted.facts['herstel']}{again}",
            err=True,
        )


def _tell_refusals(report: Report, console: Console) -> None:
    table = Table("regel", "pointer", "code", "wat er mis is")
    refusals = report.refusals
    for refusal in refusals[:_SHOWN]:
        table.add_row(str(refusal.line), refusal.pointer, refusal.code, refusal.detail)
    console.print(table)
    if len(refusals) > _SHOWN:
        console.print(f"en nog {len(refusals) - _SHOWN}")


def _tell_files(report: Report, sending: Sending, console: Console) -> None:
    paths = {"ontvangstbewijzen": RECEIPTS} | ({"geweigerd": REFUSALS} if report.told else {})
    for name, file in paths.items():
        console.print(f"{name}: {sending.out / file}", soft_wrap=True)


def _tell_json(report: Report, sending: Sending) -> None:
    halted = report.halted
    document = {
        "soort": sending.kind.value,
        "proef": sending.rehearsal,
        "regels": report.total,
        "aangenomen": report.accepted,
        "geweigerd": report.refused,
        "fouten": [
            {"regel": r.line, "pointer": r.pointer, "code": r.code, "detail": r.detail}
            for r in report.refusals
        ],
        "gestopt": None
        if halted is None
        else {
            "regel": report.halted_at,
            "code": halted.code.value,
            "herstel": halted.facts["herstel"],
        },
        "ontvangstbewijzen": None if sending.rehearsal else str(sending.out / RECEIPTS),
    }
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
