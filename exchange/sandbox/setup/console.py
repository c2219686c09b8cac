"""Accounts of the console for three of the sandbox's parties, and a link for the first of them."""

from __future__ import annotations

from datetime import timedelta

from exchange.bootstrap import console_accounts
from exchange.bootstrap.administration import Administration
from exchange.sandbox.world import World
from exchange.storage.console import AccountRow

HOLDERS = ("fg", "school-99AA", "leerplicht-0361")
"""Who has an account, under its own name: the first sees all, the others their own."""

LINK_TERM = timedelta(days=1)
"""It lies in a folder that only who started the sandbox can read, and waits for a tester."""


async def enrol_accounts(world: World, admin: Administration) -> None:
    """Enter the accounts that were never there; one that was ended stays ended."""
    known = {(row.oin, row.label) for row in await console_accounts.accounts(admin)}
    for name in HOLDERS:
        oin = world.participants[name].oin
        if (oin, name) not in known:
            await console_accounts.add_account(admin, oin, name)


async def new_link(world: World, admin: Administration) -> str | None:
    """Make a link that signs the FG in once, and give its path; None if its account was ended."""
    account = await _officer(world, admin)
    return await console_accounts.add_link(admin, account, LINK_TERM) if account else None


async def _officer(world: World, admin: Administration) -> AccountRow | None:
    wanted = (world.participants[HOLDERS[0]].oin, HOLDERS[0])
    standing = [row for row in await console_accounts.accounts(admin) if row.revoked_at is None]
    return next((row for row in standing if (row.oin, row.label) == wanted), None)
