"""Visitors of the console without a browser: an account, a link, a client that keeps cookies."""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from exchange.api.app import build_app
from exchange.api.visit import Door
from exchange.console.app import build_console
from exchange.console.desk import open_desk
from exchange.pipeline.sign_in import LINK_TERM, make_link
from exchange.ports import SignInProvider
from exchange.storage import console
from exchange.storage.console import AccountRow
from exchange.telemetry.metrics import Metrics
from tests.integration.api.world import OINS, WithPeer, World

CONSOLE_URL = "https://gateway"
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


def with_console(
    world: World, provider: SignInProvider | None = None, url: str = CONSOLE_URL
) -> World:
    """Give the same world, its application with the console mounted."""
    door = Door(world.gateway, lambda scope: scope["test.peer"], world.snapshot.refresh)
    console = build_console(open_desk(world.gateway, url, provider))
    return replace(world, app=build_app(door, Metrics(), console))


_ADDRESSES = ((f"2001:db8::{number:x}", 443) for number in itertools.count(1))
"""Everybody has an address, so that nobody's attempts count for another's."""


class Person(httpx.AsyncClient):
    """A browser without script: it keeps cookies, and fills in the forms that it got."""

    def __init__(self, world: World) -> None:
        super().__init__(
            transport=httpx.ASGITransport(
                WithPeer(world.app, None), raise_app_exceptions=False, client=next(_ADDRESSES)
            ),
            base_url=CONSOLE_URL,
            headers={"sec-fetch-site": "same-origin"},
        )
        self._world = world

    async def request(self, *args: Any, **options: Any) -> httpx.Response:  # noqa: ANN401  httpx's
        """Ask something, of a gateway whose directory is not out of date."""
        await self._world.stay_current()
        return await super().request(*args, **options)

    async def submit(self, path: str, form: str = "/console", **fields: str) -> httpx.Response:
        """Send a form with the token that the page ``form`` carries."""
        page = await self.get(form)
        found = _CSRF.search(page.text)
        assert found is not None, page.text
        return await self.post(path, data={"csrf": found[1], **fields})


async def new_account(
    world: World, party: str, issuer: str | None = None, subject: str | None = None
) -> AccountRow:
    """Let somebody of a party sign in."""
    now = world.clock.now()
    row = AccountRow(
        world.gateway.ids.uuid7(), OINS[party], f"FG van {party}", issuer, subject, now, None
    )
    async with world.operating() as conn:
        await console.add_account(conn, row)
    return row


async def new_link(world: World, account: AccountRow, term: timedelta = LINK_TERM) -> str:
    """Make a one-time link, and give its path."""
    gateway = world.gateway
    async with world.operating() as conn:
        secret = await make_link(conn, account, world.clock.now() + term, gateway.ids, gateway.keys)
    return f"/console/link/{secret}"


@asynccontextmanager
async def person(world: World, party: str = "fg") -> AsyncIterator[Person]:
    """Give somebody of a party who is signed in."""
    async with Person(world) as client:
        answer = await client.get(await new_link(world, await new_account(world, party)))
        assert answer.status_code == 303, answer.text
        yield client


async def account_of(world: World, party: str) -> UUID:
    """Give the newest account of a party."""
    rows = await world.rows(
        "SELECT account FROM console_accounts WHERE oin = $1 ORDER BY account DESC",
        str(OINS[party]),
    )
    found: UUID = rows[0]["account"]
    return found
