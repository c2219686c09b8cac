"""What an operator may know of everybody's mailboxes: numbers, by a login that sees no rows."""

from datetime import timedelta

from exchange.storage import sweeping
from exchange.storage.backlog import Backlog, backlog
from exchange.storage.database import Database
from tests.integration.storage import make
from tests.integration.storage.make import NOW


async def test_counts_over_all_mailboxes_without_showing_any(
    operator: Database, gateway: Database, worker: Database
) -> None:
    await make.connect_everybody(operator)
    early = NOW - timedelta(days=9)
    await make.accept(gateway, created_at=early)
    await make.accept(gateway, created_at=NOW)
    async with gateway.transaction() as conn:
        assert await backlog(conn) == Backlog(2, early, 0, 0)
    async with worker.transaction() as conn:
        await sweeping.park_due(conn, NOW - timedelta(days=7), NOW, 10)
    async with gateway.transaction() as conn:
        assert await backlog(conn) == Backlog(1, NOW, 1, 0)
