"""The root command: registers every subject, and turns our errors into one line and exit code 1."""

from __future__ import annotations

import sys

import typer

from exchange.cli import (
    console,
    keys,
    log,
    party,
    policy,
    receive,
    register,
    release,
    sandbox,
    serve,
    submit,
)
from exchange.errors import Code, ExchangeError, Invalid

_NO_DATABASE = "is the database running? with --dir: start `exchange sandbox --dir DIR` first"

_app = typer.Typer(
    name="exchange",
    help="Verzuim Exchange: the gateway between schools and everyone who may know about absence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
sandbox.register(_app)
serve.register(_app)
receive.register(_app)
submit.register(_app)
_app.add_typer(log.app, name="log")
_app.add_typer(console.app, name="console")
_app.add_typer(keys.app, name="keys")
_app.add_typer(party.app, name="party")
_app.add_typer(policy.app, name="policy")
_app.add_typer(register.app, name="register")
_app.add_typer(release.app, name="release")


def main() -> None:
    """Run the command line; a traceback could quote a value, so nobody sees one."""
    try:
        _app()
    except ExchangeError as error:
        told = [v.detail for v in error.violations] if isinstance(error, Invalid) else []
        hint = [_NO_DATABASE] if _has_no_database(error) else []
        facts = "; ".join((*error.facts.values(), *told, *hint))
        typer.echo(f"exchange: {error.code}{': ' + facts if facts else ''}", err=True)
        sys.exit(1)


def _has_no_database(error: ExchangeError) -> bool:
    return error.code is Code.DIENST_ONBESCHIKBAAR and any(
        fact.startswith("PostgreSQL") for fact in error.facts.values()
    )
