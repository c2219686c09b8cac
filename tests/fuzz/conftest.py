"""What is fuzzed through its front door: one small world over a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from tests.fuzz.knocking import Doorstep
from tests.integration.api.world import make_world
from tests.integration.conftest import embedded, fresh, server
from tests.integration.console.visitors import with_console
from tests.integration.servers import TestDatabase, run_sql

__all__ = ["embedded", "fresh", "server"]


@pytest.fixture(scope="module")
async def door(fresh: TestDatabase) -> AsyncIterator[Doorstep]:
    """Everybody connected, and the console; its commits do not wait for the disk."""
    name = urlsplit(fresh.url).path.strip("/")
    await run_sql(fresh.url, f"ALTER DATABASE {name} SET synchronous_commit = off")
    async with make_world(fresh) as connected:
        await connected.seal()
        yield Doorstep(with_console(connected))
