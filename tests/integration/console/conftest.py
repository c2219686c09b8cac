"""One world per module with its console, in which anybody can be signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser

from tests.integration.api.world import World, make_world
from tests.integration.console.filled import Filled, IdsByClock, fill
from tests.integration.console.screen import Seat, served
from tests.integration.console.visitors import with_console
from tests.integration.pages.conftest import browser
from tests.integration.servers import TestDatabase, run_sql

__all__ = ["browser"]


@pytest.fixture(scope="module")
async def world(fresh: TestDatabase) -> AsyncIterator[World]:
    """Everybody connected, over a database of this module's own."""
    name = urlsplit(fresh.url).path.strip("/")
    await run_sql(fresh.url, f"ALTER DATABASE {name} SET synchronous_commit = off")
    async with make_world(fresh) as connected:
        yield with_console(connected)


@pytest.fixture(scope="module")
def shown(world: World) -> World:
    """The same world with ids that tell its time, for pages that go by it."""
    return world.over(ids=IdsByClock(world.clock))


@pytest.fixture(scope="module")
async def filled(shown: World) -> Filled:
    """Something to look at."""
    return await fill(shown)


@pytest.fixture(scope="module")
async def seat(shown: World, filled: Filled, browser: Browser) -> AsyncIterator[Seat]:
    """A real browser before the console."""
    assert filled.entry
    async with served(shown) as base:
        yield Seat(shown, base, browser)
