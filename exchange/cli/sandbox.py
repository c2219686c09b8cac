"""``exchange sandbox``: the whole exchange on one machine, with a school week in it."""

from __future__ import annotations

import signal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from exchange.cli.options import stop_when_asked


class Receivers(StrEnum):
    """Who empties the mailboxes."""

    ALL = "all"
    NONE = "none"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sandbox)


def sandbox(
    dir: Annotated[  # noqa: A002  the option's name
        Path, typer.Option("--dir", help="Folder of the sandbox; made if it is not there.")
    ] = Path("sandbox"),
    port: Annotated[
        int, typer.Option(min=1, max=65534, help="Of the API; the operator's port is the next one.")
    ] = 8443,
    once: Annotated[
        bool, typer.Option("--once", help="Check the outcome, stop, and exit 0 if all is well.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only how it ends.")] = False,
    receivers: Annotated[
        Receivers, typer.Option(help="With `none` the mailboxes are left alone.")
    ] = Receivers.ALL,
) -> None:
    """Set up and run everything on this machine, and live a school week in it.

    Starting again on the same folder goes on with what is there; sending again changes nothing.
    """
    from exchange.sandbox.run import Options, run

    stop = stop_when_asked(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    options = Options(dir, port, once, quiet, receives=receivers is Receivers.ALL)
    raise typer.Exit(run(options, stop))
