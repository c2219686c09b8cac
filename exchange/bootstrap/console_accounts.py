"""What an operator does for the console: accounts, their end, and one-time links for the trial."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from exchange.accountability.record import Action
from exchange.bootstrap.administration import Administration
from exchange.errors import Code, Refused
from exchange.messages.identifiers import Oin
from exchange.pipeline.sign_in import LINK_TERM, link_digest, make_link
from exchange.storage import console
from exchange.storage.console import AccountRow

_LINK = "/console/link/"


async def accounts(admin: Administration) -> Sequence[AccountRow]:
    """Give every account, ended ones too, oldest first."""
    async with admin.database.transaction() as conn:
        return await console.accounts(conn)


async def add_account(
    admin: Administration,
    oin: Oin,
    label: str,
    issuer: str | None = None,
    subject: str | None = None,
) -> AccountRow:
    """Let somebody of a connected party sign in; the record names the account, not the person."""
    admin.require_of_mode(oin)
    now = admin.clock.now()
    row = AccountRow(admin.ids.uuid7(), oin, label, issuer, subject, now, None)
    async with admin.database.transaction() as conn:
        await console.add_account(conn, row)
        await admin.note(conn, Action.ACCOUNT_GEMAAKT, oin, account=str(row.account))
    return row


async def end_account(admin: Administration, account: AccountRow) -> None:
    """End an account; its sessions end with their next request."""
    async with admin.database.transaction() as conn:
        if not await console.revoke_account(conn, account.account, admin.clock.now()):
            raise Refused(Code.NIET_GEVONDEN, what="the account was ended already")
        await admin.note(conn, Action.ACCOUNT_BEEINDIGD, account.oin, account=str(account.account))


async def add_link(admin: Administration, account: AccountRow, term: timedelta = LINK_TERM) -> str:
    """Make a one-time link and give its path; the gateway honours it in trial mode only."""
    async with admin.database.transaction() as conn:
        expires_at = admin.clock.now() + term
        secret = await make_link(conn, account, expires_at, admin.ids, admin.keys())
        details = {"account": str(account.account)}
        await admin.note(conn, Action.AANMELDLINK_GEMAAKT, account.oin, **details)
    return f"{_LINK}{secret}"


async def account_named(admin: Administration, name: str) -> AccountRow:
    """Find a standing account by its id or, if only one has it, by its label."""
    standing = [row for row in await accounts(admin) if row.revoked_at is None]
    found = [row for row in standing if name in {str(row.account), row.label}]
    if len(found) != 1:
        what = "no such account" if not found else "several accounts have this label: give the id"
        raise Refused(Code.NIET_GEVONDEN, what=f"{what}; see `exchange console account list`")
    return found[0]


async def would_sign_in(admin: Administration, path: str) -> bool:
    """Whether a link that ``add_link`` gave still opens something."""
    digest = link_digest(path.removeprefix(_LINK), admin.keys())
    async with admin.database.transaction() as conn:
        return await console.is_open_link(conn, digest, admin.clock.now())
