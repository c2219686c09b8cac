"""The root command: registers every subject, and turns our errors into one line and exit code 1."""

from __future__ import annotations

import sys

import typer

from exchange.cli import party, policy, receive, sandbox, serve
from exchange.errors import ExchangeError, Invalid

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
_app.add_typer(party.app, name="party")
_app.add_typer(policy.app, name="policy")


def main() -> None:
    """Run the command line; a traceback could quote a value, so nobody sees one."""
    try:
        _app()
    except ExchangeError as error:
        told = [v.detail for v in error.violations] if isinstance(error, Invalid) else []
        facts = "; ".join((*error.facts.values(), *told))
        typer.echo(f"exchange: {error.code}{': ' + facts if facts else ''}", err=True)
        sys.exit(1)
