"""``exchange log witness``, ``trust`` and ``witnesses``: who watches the log from elsewhere."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from exchange.cli.options import Dir, Json, settings_of, stop_when_asked
from exchange.crypto.verify_log import NotProven, is_key_name, read_vkey
from exchange.errors import ExchangeError

if TYPE_CHECKING:
    import threading

    from exchange.bootstrap.witness import Seen, WitnessSettings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (witness, trust, distrust, witnesses):
        app.command()(command)


def witness(
    url: Annotated[str, typer.Option(help="Address of the gateway: https://...")],
    state: Annotated[Path, typer.Option(help="A folder of your own: key, memory, evidence.")],
    ca: Annotated[
        Path | None, typer.Option(help="CA of the gateway (PEM); by default those of this machine.")
    ] = None,
    vkey: Annotated[
        str | None, typer.Option(help="The log's verifier key, at the first start.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Your name, such as alkmaar.nl/fg, at the first start.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Look once, then stop.")] = False,
    every: Annotated[float, typer.Option(min=1, help="Seconds between two looks.")] = 60.0,
) -> None:
    """Watch the log of a gateway: sign that it only grew, or raise the alarm and stop (1)."""
    from exchange.bootstrap.witness import Contradiction, WitnessSettings

    _require_usable(vkey, name)
    stop = stop_when_asked(signal.SIGINT, signal.SIGTERM)
    try:
        _watch(WitnessSettings(url, state, ca, vkey, name), stop, once=once, every=every)
    except (Contradiction, NotProven) as alarm:
        typer.echo(f"ALARM: {alarm}", err=True)
        raise typer.Exit(1) from None


def trust(
    vkey: Annotated[str, typer.Argument(help="The witness's verifier key, as it shows it.")],
    dir: Dir = None,  # noqa: A002  the option's name
) -> None:
    """Keep what this witness signs from now on."""
    from exchange.bootstrap.log import trust_witness

    try:
        typer.echo(f"{trust_witness(settings_of(dir), vkey)}: vertrouwd")
    except NotProven as refused:
        raise typer.BadParameter(str(refused), param_hint="VKEY") from None


def distrust(
    name: Annotated[str, typer.Argument(help="The witness's name.")],
    dir: Dir = None,  # noqa: A002  the option's name
) -> None:
    """Keep nothing of this witness any more; what it signed stays."""
    from exchange.bootstrap.log import distrust_witness

    distrust_witness(settings_of(dir), name)
    typer.echo(f"{name}: niet meer vertrouwd")


def witnesses(dir: Dir = None, as_json: Json = False) -> None:  # noqa: A002  the options' names
    """Show who is or was trusted to watch."""
    from exchange.bootstrap.log import trusted_witnesses

    rows: list[dict[str, Any]] = [
        {
            "naam": one.witness,
            "vkey": one.vkey,
            "sinds": one.added_at.isoformat(),
            "tot": one.revoked_at.isoformat() if one.revoked_at else None,
        }
        for one in trusted_witnesses(settings_of(dir))
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = Table("naam", "sinds", "tot", "sleutel")
    for row in rows:
        table.add_row(row["naam"], row["sinds"], row["tot"] or "", row["vkey"])
    Console().print(table)


def _require_usable(vkey: str | None, name: str | None) -> None:
    """Refuse at once what could only fail later; it says nothing about the log."""
    if name is not None and not is_key_name(name):
        raise typer.BadParameter("een naam heeft geen spaties en geen +", param_hint="--name")
    try:
        if vkey is not None:
            read_vkey(vkey)
    except NotProven as refused:
        raise typer.BadParameter(str(refused), param_hint="--vkey") from None


def _watch(settings: WitnessSettings, stop: threading.Event, *, once: bool, every: float) -> None:
    """Look until stopped; a log that does not answer is asked again, one that lies is not."""
    from exchange.bootstrap.witness import open_watch

    with open_watch(settings) as watch:
        typer.echo(f"getuige: {watch.cosigner.vkey}")
        typer.echo(f"logboek: {settings.url}, {watch.key.name}")
        while not stop.is_set():
            try:
                typer.echo(_told(watch.look()))
            except ExchangeError as error:
                if once:
                    raise
                typer.echo(f"geen antwoord: {'; '.join(error.facts.values())}", err=True)
            if once or stop.wait(every):
                return


def _told(seen: Seen) -> str:
    what = "nieuw, alleen aangegroeid en ondertekend" if seen.is_new else "onveranderd"
    kept = {
        None: "",
        True: "; de gateway bewaart de handtekening",
        False: "; de gateway vertrouwt deze getuige (nog) niet: exchange log trust",
    }
    return f"{seen.size} regels: {what}{kept[seen.kept]}"
