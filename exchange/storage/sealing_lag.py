"""How far the sealing of the log is behind, as the gateway knows it without asking each time.

The figure is as old as the last look, at most a few seconds. While nobody can look it stays what it
was: a database that does not answer refuses everything by itself.
"""

from __future__ import annotations

import asyncio
from typing import Never

from exchange.errors import ExchangeError
from exchange.ports import Clock
from exchange.storage.database import Database
from exchange.storage.tree import waiting
from exchange.telemetry.events import DEPENDENCY_LOST, emit

_LOOK_SECONDS = 2.0


class SealingLag:
    """Gives the lag to the flows, and keeps it current."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Start with nothing waiting."""
        self._database = database
        self._clock = clock
        self._seconds = 0.0
        self.waiting = 0

    def seconds(self) -> float:
        """Give the age of the oldest record without a place in the tree; 0 when none waits."""
        return self._seconds

    async def refresh(self) -> None:
        """Look now."""
        async with self._database.transaction() as conn:
            found = await waiting(conn)
        behind = self._clock.now() - found.oldest if found.oldest else None
        self._seconds = max(behind.total_seconds(), 0.0) if behind else 0.0
        self.waiting = found.count

    async def keep_current(self) -> Never:
        """Look every few seconds; runs until cancelled."""
        healthy = True
        while True:
            try:
                await self.refresh()
                healthy = True
            except ExchangeError as error:
                if healthy:
                    emit(DEPENDENCY_LOST, part="sealing-lag", error=type(error).__name__)
                healthy = False
            await asyncio.sleep(_LOOK_SECONDS)
