"""``exchange console``: who may sign in to the console, and one-time links for the trial."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Column, Table

from exchange.bootstrap import console_accounts
from exchange.bootstrap.administration import Administration, administer
from exchange.cli.naming import party_of
from exchange.cli.options import Dir, Json, settings_of
from exchange.policy.necessity import Mode
from exchange.storage.console import AccountRow

Result = TypeVar("Result")
app = typer.Typer(help="Let people sign in to the console.", no_args_is_help=True)
account = typer.Typer(help="Who may sign in, and for which party.", no_args_is_help=True)
app.add_typer(account, name="account")

AccountName = Annotated[str, typer.Argument(help="Id or label of an account.")]
_NO_PROVIDER = "in production an account needs --issuer and --subject: nobody signs in by a link"
_NO_LINKS = (
    "in production there are no one-time links: they would pass by the provider, and with it the"
    " second factor. Add the account's --issuer and --subject instead"
)


@account.command()
def add(
    partij: Annotated[str, typer.Option(help="OIN or name: the account sees what it sees.")],
    label: Annotated[str, typer.Option(help="How the account is called here and on its pages.")],
    issuer: Annotated[str | None, typer.Option(help="Issuer of the sign-in provider.")] = None,
    subject: Annotated[
        str | None, typer.Option(help="The provider's `sub` for this person.")
    ] = None,
    dir: Dir = None,  # noqa: A002  the option's name
) -> None:
    """Let somebody of a party sign in, and print the account's id."""
    if (issuer is None) is not (subject is None):
        raise typer.BadParameter("--issuer and --subject go together")
    if issuer is None and settings_of(dir).mode is Mode.PRODUCTION:
        raise typer.BadParameter(_NO_PROVIDER)

    async def work(admin: Administration) -> AccountRow:
        oin = party_of(partij, await admin.directory()).oin
        return await console_accounts.add_account(admin, oin, label, issuer, subject)

    typer.echo(_run(dir, work).account)


@account.command(name="list")
def list_(dir: Dir = None, as_json: Json = False) -> None:  # noqa: A002  the options' names
    """Show every account, ended ones too."""

    async def work(admin: Administration) -> tuple[Sequence[AccountRow], dict[str, str]]:
        parties = (await admin.directory()).parties
        names = {str(oin): party.name for oin, party in parties.items()}
        return await console_accounts.accounts(admin), names

    rows, names = _run(dir, work)
    if as_json:
        listed = [_as_json(row) for row in rows]
        typer.echo(json.dumps(listed, ensure_ascii=False, indent=2))
        return
    account_column = Column("account", overflow="fold")
    table = Table(account_column, "label", "party", "provider", "ended")
    for row in rows:
        party = names.get(str(row.oin), str(row.oin))
        ended = row.revoked_at.date().isoformat() if row.revoked_at else ""
        table.add_row(str(row.account), row.label, party, row.issuer or "link", ended)
    Console().print(table)


@account.command()
def revoke(name: AccountName, dir: Dir = None) -> None:  # noqa: A002  the option's name
    """End an account; whoever is signed in with it is out with the next request."""

    async def work(admin: Administration) -> None:
        found = await console_accounts.account_named(admin, name)
        await console_accounts.end_account(admin, found)

    _run(dir, work)
    typer.echo(f"{name}: revoked")


@app.command()
def link(name: AccountName, dir: Dir = None) -> None:  # noqa: A002  the option's name
    """Print a link that signs an account in once, within 10 minutes; in trial mode only."""
    settings = settings_of(dir)
    if settings.mode is Mode.PRODUCTION:
        raise typer.BadParameter(_NO_LINKS)
    if settings.console_url is None:
        raise typer.BadParameter("the console has no address: set EXCHANGE_CONSOLE_URL")

    async def work(admin: Administration) -> str:
        found = await console_accounts.account_named(admin, name)
        return await console_accounts.add_link(admin, found)

    typer.echo(f"{settings.console_url}{_run(dir, work)}")


def _run(folder: Path | None, work: Callable[[Administration], Awaitable[Result]]) -> Result:
    return administer(settings_of(folder), work)


def _as_json(row: AccountRow) -> dict[str, object]:
    return {
        "account": str(row.account),
        "label": row.label,
        "oin": str(row.oin),
        "issuer": row.issuer,
        "subject": row.subject,
        "toegevoegdOp": row.added_at.isoformat(),
        "ingetrokkenOp": row.revoked_at.isoformat() if row.revoked_at else None,
    }
