"""``exchange receive``: the reference receiver of a municipality, until stopped or once."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from exchange.bootstrap.receiver import Reception, open_receiver
from exchange.cli.options import (
    BaseUrl,
    Certificate,
    CertificateKey,
    GatewayCa,
    Json,
    WithParent,
    settings_of,
    stop_when_asked,
    watch_parent,
)
from exchange.sandbox.layout import Layout
from exchange.telemetry.events import configure_logging

_SANDBOX_POLL_SECONDS = 0.05
_SANDBOX_IDLE_SECONDS = 0.5
_IDLE = 15  # times the poll interval, when nothing has come for a while


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(receive)


def receive(  # noqa: PLR0913, PLR0917  one per option
    dir: Annotated[  # noqa: A002  the option's name
        Path | None, typer.Option("--dir", help="A sandbox folder; then only --party is needed.")
    ] = None,
    party: Annotated[str, typer.Option(help="A sandbox party, such as leerplicht-0361.")] = "",
    base_url: BaseUrl = "",
    ca: GatewayCa = None,
    cert: Certificate = None,
    key: CertificateKey = None,
    private_key: Annotated[
        Path | None,
        typer.Option(
            envvar="EXCHANGE_PRIVATE_KEY",
            help="The key that opens your messages (JWK Set); made if it is not there.",
        ),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(envvar="EXCHANGE_JOURNAL", help="Where to write what was opened (NDJSON)."),
    ] = None,
    poll: Annotated[float, typer.Option(min=0.05, help="Seconds between two looks.")] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Take in what waits, then stop.")] = False,
    as_json: Json = False,
    with_parent: WithParent = False,
) -> None:
    """Fetch, open, check, journal and acknowledge a municipality's messages.

    Each event is a line that names ids, kinds and rules, never what a message holds.
    """
    configure_logging()
    if dir is not None:
        reception = in_sandbox(Layout(dir.resolve()), party)
    else:
        files = given(ca=ca, cert=cert, key=key, private_key=private_key, journal=journal)
        if not base_url:
            raise typer.BadParameter("give --dir and --party, or --base-url and your own files")
        reception = Reception(base_url, **files, poll_seconds=poll, idle_seconds=_IDLE * poll)
    _receive(reception, _json_line if as_json else _line, once=once, with_parent=with_parent)


def in_sandbox(layout: Layout, party: str) -> Reception:
    """Give the places of a sandbox party; they follow from its name."""
    listen = settings_of(layout.root).listen
    if listen is None or not layout.certificate(party).exists():
        raise typer.BadParameter("this sandbox has no such --party")
    return Reception(
        base_url=f"https://localhost:{listen.port}",
        ca=layout.ca,
        cert=layout.certificate(party),
        key=layout.private_key(party),
        private_key=layout.receiver_key(party),
        journal=layout.journal(party),
        poll_seconds=_SANDBOX_POLL_SECONDS,
        idle_seconds=_SANDBOX_IDLE_SECONDS,
    )


def given(**files: Path | None) -> dict[str, Path]:
    """Give the files that were named, or say which were not."""
    missing = [f"--{name.replace('_', '-')}" for name, path in files.items() if path is None]
    if missing:
        raise typer.BadParameter(f"also give {', '.join(missing)}, or --dir and --party")
    return {name: path for name, path in files.items() if path is not None}


def _receive(
    reception: Reception, tell: Callable[..., None], *, once: bool, with_parent: bool
) -> None:
    stop = stop_when_asked(signal.SIGINT, signal.SIGTERM)
    if with_parent:
        watch_parent(stop.set)
    receiver = open_receiver(reception, tell)
    try:
        if once:
            tell("done", received=receiver.run_once(stop))
        else:
            receiver.run(stop)
    finally:
        receiver.close()


def _line(event: str, **fields: object) -> None:
    told = " ".join((str(event), *(f"{name}={value}" for name, value in fields.items())))
    print(f"{_now()} {told}", flush=True)  # noqa: T201  this is what the command is for


def _json_line(event: str, **fields: object) -> None:
    print(json.dumps({"at": _now(), "event": str(event), **fields}), flush=True)  # noqa: T201  idem


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
