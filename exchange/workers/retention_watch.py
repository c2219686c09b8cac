"""Raises the alarm when a store still holds what should have gone: it watches the purge (P9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from exchange.policy.law import Law
from exchange.policy.retention import cutoffs
from exchange.ports import Clock
from exchange.storage import removals, terms
from exchange.storage.database import Database
from exchange.telemetry.events import RETENTION_OVERDUE, emit

GRACE = timedelta(days=2)
"""How late a store may be before it is an alarm: a purge that failed a night is no incident."""


@dataclass(frozen=True, slots=True)
class RetentionWatch:
    """Looks at the oldest of every store, apart from whoever empties it.

    What it finds stands in the database, where the operator's page of each gateway reads it; when
    nobody looked for long, that page says so by itself.
    """

    database: Database
    clock: Clock
    law: Law
    stores: tuple[str, ...]

    async def look(self) -> int:
        """Look once at every store; never work that is left over."""
        now = self.clock.now()
        cut = cutoffs(now - GRACE, self.law)
        async with self.database.transaction() as conn:
            await terms.by_index(conn)
            late = [store for store in self.stores if await terms.is_late(conn, store, cut)]
            await removals.looked(conn, self.stores, late, now)
        for store in late:
            emit(RETENTION_OVERDUE, store=store)
        return 0
