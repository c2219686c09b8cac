"""The directory in memory never goes back to what it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

from exchange.messages.identifiers import Oin
from exchange.storage import directory
from exchange.storage.database import Connection, Database
from exchange.storage.snapshot import DirectorySnapshot
from tests.integration.servers import TestDatabase, run_sql
from tests.integration.storage import make
from tests.integration.storage.make import LAS, NOW


class SlowAtFirst(Database):
    """A database of which the first answer arrives late: when it is let through."""

    def __init__(self, database: TestDatabase, url: str) -> None:
        super().__init__(url, passfile=database.passfile)
        self.answered, self.let_through = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def transaction(
        self, *, party: Oin | None = None, today: date | None = None
    ) -> AsyncIterator[Connection]:
        async with super().transaction(party=party, today=today) as conn:
            yield conn
        if not self.answered.is_set():
            self.answered.set()
            await self.let_through.wait()


async def test_a_load_that_began_earlier_does_not_undo_a_later_one(
    fresh: TestDatabase, operator: Database
) -> None:
    await make.connect_everybody(operator)
    slow = SlowAtFirst(fresh, fresh.url)
    snapshot = DirectorySnapshot(slow)
    early = asyncio.create_task(snapshot.refresh())
    await slow.answered.wait()

    async with operator.transaction() as conn:
        assert await directory.revoke_party(conn, LAS, NOW)
    await snapshot.refresh()
    assert LAS not in snapshot.current().parties

    slow.let_through.set()
    await early
    assert LAS not in snapshot.current().parties
    await slow.close()


async def test_a_directory_in_which_nothing_changed_is_not_made_again(
    fresh: TestDatabase, operator: Database
) -> None:
    await make.connect_everybody(operator)
    snapshot = DirectorySnapshot(operator)
    await snapshot.refresh()
    before = snapshot.current()
    await snapshot.refresh()
    assert snapshot.current() is before


CHANGES = (
    "UPDATE parties SET push_url = 'https://elders.example'",
    "UPDATE mandates SET geldig_tot = '2026-12-31'",
    "INSERT INTO vestigingen VALUES ('99AA00', '2020-01-01', NULL, '0361', 'po', 'PO2703')",
    "UPDATE vestigingen SET geldig_tot = '2026-12-31'",
    "INSERT INTO gemeenten (code, naam, geldig_van) VALUES ('0361', 'Alkmaar', '2020-01-01')",
    "DELETE FROM gemeenten",
    "UPDATE mandates SET revoked_at = now()",
    "UPDATE grants SET revoked_at = now()",
    "UPDATE parties SET revoked_at = now()",
)


async def test_whatever_changes_is_seen_at_the_next_look_without_an_announcement(
    fresh: TestDatabase, operator: Database
) -> None:
    await make.connect_everybody(operator)
    snapshot = DirectorySnapshot(operator)
    for change in CHANGES:
        await snapshot.refresh()
        before = snapshot.current()
        await run_sql(fresh.url, change)
        await snapshot.refresh()
        assert snapshot.current() != before, change
