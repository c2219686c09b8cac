"""The directory in memory never goes back to what it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date

import pytest

from exchange.errors import Unavailable
from exchange.messages.identifiers import Oin
from exchange.storage import directory
from exchange.storage.database import Connection, Database
from exchange.storage.snapshot import DirectorySnapshot
from tests.integration.servers import TestDatabase, run_sql
from tests.integration.storage import make
from tests.integration.storage.make import LAS, NOW


class OutOfTurn(Database):
    """A database whose first transaction begins late, and whose second ends late."""

    def __init__(self, database: TestDatabase, url: str) -> None:
        super().__init__(url, passfile=database.passfile)
        self.begun = 0
        self.first_may_begin, self.second_may_end = asyncio.Event(), asyncio.Event()
        self.second_has_read = asyncio.Event()

    @asynccontextmanager
    async def transaction(
        self, *, party: Oin | None = None, today: date | None = None
    ) -> AsyncIterator[Connection]:
        self.begun += 1
        number = self.begun
        if number == 1:
            await self.first_may_begin.wait()
        async with super().transaction(party=party, today=today) as conn:
            yield conn
        if number == 2:
            self.second_has_read.set()
            await self.second_may_end.wait()


async def test_what_was_read_earlier_does_not_undo_what_was_read_later(
    fresh: TestDatabase, operator: Database
) -> None:
    await make.connect_everybody(operator)
    slow = OutOfTurn(fresh, fresh.url)
    snapshot = DirectorySnapshot(slow)
    first = asyncio.create_task(snapshot.refresh())
    second = asyncio.create_task(snapshot.refresh())
    with suppress(TimeoutError):  # only if the second does not wait for the first will it have read
        async with asyncio.timeout(0.5):
            await slow.second_has_read.wait()

    async with operator.transaction() as conn:
        assert await directory.revoke_party(conn, LAS, NOW)
    slow.first_may_begin.set()
    await first
    assert LAS not in snapshot.current().parties

    slow.second_may_end.set()
    await second
    assert LAS not in snapshot.current().parties
    assert slow.begun == 2
    await slow.close()


async def test_a_look_that_failed_leaves_the_turn_to_the_next(
    fresh: TestDatabase, operator: Database
) -> None:
    nowhere = Database("postgresql://nobody@/nowhere?host=/nowhere")
    snapshot = DirectorySnapshot(nowhere)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await snapshot.refresh()
    await nowhere.close()


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
