"""``exchange keys rotate ca``: a sandbox gets another certificate authority while it runs."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from exchange.cli.options import Json
from exchange.sandbox.layout import Layout

_SETTLE_SECONDS: Final = 6.0
"""A gateway looks every 2 seconds whether its files changed, a receiver more often."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(ca)


def ca(
    dir: Annotated[Path, typer.Option("--dir", help="A sandbox folder.")],  # noqa: A002  the option's name
    finish: Annotated[
        bool, typer.Option("--finish", help="Trust the new CA alone: the last step.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Trust a new CA beside the old one and make every certificate anew; then --finish.

    In production the CA is somebody else's; docs/keys.md has the same steps for it.
    """
    from exchange.sandbox.setup import authority, folder
    from exchange.sandbox.world import read_world

    layout, now = Layout(dir.resolve()), datetime.now(UTC)
    if finish:
        authority.finish(layout, now)
        _tell({"fase": "klaar"}, "alleen de nieuwe CA telt nog", as_json=as_json)
        return

    def settle() -> None:
        if folder.is_held(layout):
            time.sleep(_SETTLE_SECONDS)

    made = authority.begin(layout, read_world(), now, settle)
    line = (
        f"de nieuwe CA telt naast de oude; {made} partijen en de server hebben een nieuw"
        " certificaat. Neem zelf gemaakte kopieën mee en sluit af met --finish"
    )
    _tell({"fase": "overlap", "partijen": made}, line, as_json=as_json)


def _tell(document: dict[str, object], line: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(document) if as_json else line)
