"""Keeps notices going out: every recipient at its own pace, none waiting for another."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from exchange.errors import ExchangeError
from exchange.messages.identifiers import Oin
from exchange.pipeline.flow import deliver
from exchange.ports import Clock, PushSender
from exchange.storage import forwarding, release_notices
from exchange.storage.database import Database
from exchange.storage.rows import DuePush
from exchange.telemetry.events import DEPENDENCY_LOST, emit

LEASE_SECONDS = 60
EACH = 4
BATCH = 64


class Forwarder:
    """Leases notices for recipients that have none under way, and sends them on the side.

    ``freed`` is set whenever a recipient is done, so that the loop looks at once for more.
    """

    def __init__(
        self, database: Database, sender: PushSender, clock: Clock, freed: asyncio.Event
    ) -> None:
        """Start with nothing under way."""
        self._database = database
        self._sender = sender
        self._clock = clock
        self._freed = freed
        self._under_way: dict[Oin, asyncio.Task[None]] = {}

    async def work(self) -> int:
        """Set going what is due; give how many notices that is."""
        now, busy = self._clock.now(), tuple(self._under_way)
        due: list[DuePush] = []
        async with self._database.transaction() as conn:
            for lease in (forwarding.lease_pushes, release_notices.lease_notices):
                due += await lease(conn, now, LEASE_SECONDS, BATCH, each=EACH, busy=busy)
        by_recipient: defaultdict[Oin, list[DuePush]] = defaultdict(list)
        for one in due:
            by_recipient[one.recipient].append(one)
        for recipient, notices in by_recipient.items():
            self._under_way[recipient] = asyncio.create_task(self._send(recipient, notices))
        return len(due)

    async def close(self) -> None:
        """Give up what is under way; its leases run out and it is sent again."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, recipient: Oin, notices: Sequence[DuePush]) -> None:
        try:
            await deliver(notices, self._sender, self._database, self._clock)
        except ExchangeError as error:
            emit(DEPENDENCY_LOST, part="forwarder", error=type(error).__name__)
        finally:
            del self._under_way[recipient]
            self._freed.set()
