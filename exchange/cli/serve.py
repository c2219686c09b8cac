"""``exchange serve``, ``work`` and ``migrate``: the parts of an installation."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

import typer

from exchange.cli.options import Dir, WithParent, run_until_stopped, settings_of


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command()(work)
    app.command()(migrate)


def serve(dir: Dir = None, with_parent: WithParent = False) -> None:  # noqa: A002  the option's name
    """Serve the API, and the operator's port beside it, until interrupted."""
    from exchange.bootstrap.gateway import run_gateway

    run_until_stopped(partial(run_gateway, settings_of(dir)), with_parent=with_parent)


def work(dir: Dir = None, with_parent: WithParent = False) -> None:  # noqa: A002  the option's name
    """Run the workers (notices, parking, retention) until interrupted."""
    from exchange.bootstrap.workers import run_workers

    run_until_stopped(partial(run_workers, settings_of(dir)), with_parent=with_parent)


def migrate(
    dir: Dir = None,  # noqa: A002  the option's name
    url: Annotated[
        str | None,
        typer.Option(help="Database URL of a superuser or migrator; default: the settings' own."),
    ] = None,
) -> None:
    """Bring the database to the newest schema; safe to repeat."""
    from exchange.storage.schema import migrate as migrate_database

    settings = settings_of(dir)
    settings.refuse_password(url or "", "--url")
    revision = asyncio.run(
        migrate_database(url or settings.database_url, passfile=settings.passfile)
    )
    typer.echo(f"schema {revision}")
