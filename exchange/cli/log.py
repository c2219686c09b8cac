"""``exchange log``: prove what the log holds, write it out, and say who watches it."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from exchange.cli import witness
from exchange.cli.options import Dir, Json, settings_of
from exchange.crypto.verify_log import (
    NotProven,
    Proven,
    Trust,
    published_keys,
    read_checkpoint,
    read_note,
    read_object,
    read_vkey,
    told_of,
    verify_file,
)
from exchange.errors import Unavailable

if TYPE_CHECKING:
    from exchange.accountability.verification import Report

app = typer.Typer(
    help="Prove what the log holds, write it out, watch it from elsewhere.", no_args_is_help=True
)
witness.register(app)

Vkey = Annotated[
    str | None, typer.Option(help="The log's verifier key, as you got it; by default from --dir.")
]


@app.command()
def verify(
    bundle: Annotated[
        Path | None,
        typer.Argument(help="A proof, a chain of custody or an export; without it, the database."),
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint that you kept, or got from somebody else.")
    ] = None,
    vkey: Vkey = None,
    consistency: Annotated[
        Path | None, typer.Option(help="An answer of /v1/logboek/consistentie.")
    ] = None,
    sleutels: Annotated[
        Path | None,
        typer.Option(
            *("--keys", "--sleutels"),
            help="An answer of /v1/sleutels that you kept; by default the keys of --dir.",
        ),
    ] = None,
    dir: Dir = None,  # noqa: A002  the option's name
    as_json: Json = False,
) -> None:
    """Verify a bundle offline, or the whole log in the database; name the first bad entry."""
    try:
        trust = _trust(vkey or _default_key(bundle, dir), checkpoint, consistency, sleutels)
        if sleutels is None and bundle is not None and (dir is not None or vkey is None):
            trust = replace(trust, published=_own_public_keys(dir))
        proven = _stored(dir, trust, as_json) if bundle is None else verify_file(bundle, trust)
    except (NotProven, OSError) as broken:
        _tell_broken(broken, as_json=as_json)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(_as_json(proven), ensure_ascii=False, indent=2))
        return
    typer.echo("\n".join(told_of(proven)))


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="A file that does not exist yet.")],
    dir: Dir = None,  # noqa: A002  the option's name
) -> None:
    """Write the whole log to FILE, for `log verify` or verify_log.py elsewhere; this is recorded.

    The records hold no pupil, but they do say who did what, and when.
    """
    from exchange.bootstrap.log import export_log

    if file.exists():
        raise typer.BadParameter("dit bestand bestaat al", param_hint="FILE")
    if not os.access(file.absolute().parent, os.W_OK | os.X_OK):
        typer.echo(f"in de map {file.absolute().parent} kan niet geschreven worden", err=True)
        raise typer.Exit(1)
    typer.echo(f"{file}: {export_log(settings_of(dir), file)} regels")


@app.command()
def key(dir: Dir = None) -> None:  # noqa: A002  the option's name
    """Show the log's verifier key: publish it where the database's owner cannot change it."""
    typer.echo(_own_key(dir))


def _default_key(bundle: Path | None, folder: Path | None) -> str:
    """Give the key of this installation; who has only a bundle must bring a key."""
    try:
        return _own_key(folder)
    except Unavailable:
        if bundle is None or folder is not None:
            raise
        raise typer.BadParameter("geef de sleutel van het logboek met --vkey") from None


def _own_key(folder: Path | None) -> str:
    from exchange.bootstrap.log import log_key

    return log_key(settings_of(folder))


def _own_public_keys(folder: Path | None) -> Sequence[Mapping[str, Any]]:
    from exchange.bootstrap.log import public_keys

    return public_keys(settings_of(folder))


def _trust(
    vkey: str, checkpoint: Path | None, consistency: Path | None, sleutels: Path | None
) -> Trust:
    trusted = read_vkey(vkey)
    return Trust(
        trusted,
        read_checkpoint(read_note(checkpoint), trusted) if checkpoint else None,
        [read_object(consistency, "het bewijs")] if consistency else [],
        published_keys(sleutels) if sleutels else None,
    )


def _stored(folder: Path | None, trust: Trust, quiet: bool) -> Proven:
    from exchange.bootstrap.log import verify_database

    with _progress(quiet=quiet) as report:
        return verify_database(settings_of(folder), trust, report)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Report]:
    """Show on a terminal how far it is; elsewhere nothing moves and nothing is said."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _done, _total: None
        return
    columns = TextColumn("logboek"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("logboek")
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _tell_broken(broken: Exception, *, as_json: bool) -> None:
    if not as_json:
        typer.echo(f"NIET BEWEZEN: {broken}", err=True)
        return
    told: dict[str, Any] = {"bewezen": False, "reden": str(broken), "index": None, "entry": None}
    if isinstance(broken, NotProven):
        told |= {"reden": broken.reason, "index": broken.index, "entry": broken.entry}
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2))


def _as_json(proven: Proven) -> dict[str, Any]:
    return {
        "bewezen": True,
        "wat": proven.what,
        "logboek": proven.origin,
        "omvang": proven.size,
        "wortel": base64.b64encode(proven.root).decode(),
        "opmerkingen": list(proven.remarks),
        **proven.facts,
    }
