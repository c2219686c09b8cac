"""One small world per test module, in which it is always the same moment to begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from tests.integration.api.records import require_conforming
from tests.integration.api.registered import require_registered
from tests.integration.api.world import World, make_world
from tests.integration.servers import TestDatabase, run_sql


@pytest.fixture(scope="module")
async def world(fresh: TestDatabase) -> AsyncIterator[World]:
    """Everybody connected, over a database of this module's own.

    Every record that its tests left is held against the published schema (R-LOG-1), and its
    activity against the register of processing (R-LOG-6).

    Its commits do not wait for the disk: what a crash would lose is for ``tests/flow`` to find out.
    """
    name = urlsplit(fresh.url).path.strip("/")
    await run_sql(fresh.url, f"ALTER DATABASE {name} SET synchronous_commit = off")
    async with make_world(fresh) as connected:
        yield connected
        async with connected.database.raw() as connected.root:  # a test may have lost the first
            await require_registered(connected)
            for line in await connected.log():
                if line.leaf:  # past its term it has none
                    require_conforming(line)
