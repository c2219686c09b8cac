"""One small world per test module, in which it is always the same moment to begin with."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.api.world import World, make_world
from tests.integration.servers import TestDatabase


@pytest.fixture(scope="module")
async def world(fresh: TestDatabase) -> AsyncIterator[World]:
    """Everybody connected, over a database of this module's own."""
    async with make_world(fresh) as connected:
        yield connected
