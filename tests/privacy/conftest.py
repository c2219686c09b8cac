"""What privacy tests share with integration tests: a real PostgreSQL and a small world on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.api.world import World, make_world
from tests.integration.conftest import embedded, fresh, server
from tests.integration.servers import TestDatabase

__all__ = ["embedded", "fresh", "server"]


@pytest.fixture(scope="module")
async def connected(fresh: TestDatabase) -> AsyncIterator[World]:
    """Everybody connected, over a database of this module's own."""
    async with make_world(fresh) as world:
        yield world


@pytest.fixture
async def world(connected: World) -> World:
    """The module's world, its directory fresh: an old one is refused, however slow the machine."""
    await connected.snapshot.refresh()
    return connected
