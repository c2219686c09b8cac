"""Nothing that the workers do holds up a message: it is taken in while their batch is still open.

What is held is order, never seconds: the batch has done its work and not ended, and a message about
the same vestiging, month and tables commits meanwhile. Who had to wait would fail.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from uuid_utils.compat import uuid7

from exchange.bootstrap.law import open_law
from exchange.messages.identifiers import Periode, Schooljaar
from exchange.policy.retention import cutoffs
from exchange.storage import acceptance, log, purging, sweeping, tally, tree
from exchange.storage.database import Database
from exchange.storage.folding import Folding, fold_due
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import LAS, NOW, TODAY, YEAR, A

OLD = Schooljaar(2020)
MONTH = Periode(2026, 11)
CUT = replace(cutoffs(NOW, open_law()), schooljaar=YEAR)


@pytest.fixture(scope="module", autouse=True)
async def everybody(operator: Database) -> None:
    await make.connect_everybody(operator)


async def take_in(gateway: Database) -> None:
    """Take in what counts in MONTH of A, as the gateway does."""
    await make.accept(gateway, A, push=True)
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        await tally.mark(conn, [(A, MONTH)])


async def test_during_a_large_purge(
    fresh: TestDatabase, gateway: Database, purge: Database
) -> None:
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        for _ in range(40):
            row = make.message(A, schooljaar=OLD)
            await acceptance.insert_message(conn, row)
            await log.append(conn, make.record(row), [make.link(A, schooljaar=OLD)])
    async with purge.transaction(today=TODAY) as conn:
        assert await purging.alone(conn)
        assert (await purging.forget_messages(conn, CUT, 100))["messages"] == 40
        await purging.forget_links(conn, YEAR, 100)
        await take_in(gateway)
    async with fresh.raw() as root:
        assert await root.fetchval("SELECT count(*) FROM messages") == 1


async def test_during_a_fold_of_the_same_month(gateway: Database, worker: Database) -> None:
    await take_in(gateway)
    terms = Folding(absent1_procent=5, absent2_procent=10, complete=True)
    async with worker.transaction() as conn:
        assert await fold_due(conn, 200, lambda _: terms, NOW) > 0
        await take_in(gateway)
    async with worker.transaction() as conn:
        assert await fold_due(conn, 200, lambda _: terms, NOW) == 1  # what came meanwhile


async def test_while_the_log_is_sealed(fresh: TestDatabase, gateway: Database) -> None:
    await take_in(gateway)
    async with fresh.login("exchange_sealer") as sealer, sealer.transaction() as conn:
        assert await tree.be_the_only_sealer(conn)
        waiting = await tree.waiting_longest(conn, 5000)
        await tree.give_places(conn, 0, [row.entry for row in waiting])
        await tree.put_tiles(conn, {(0, 0): b"".join(row.leaf_hash for row in waiting)})
        await take_in(gateway)
    async with fresh.login("exchange_sealer") as sealer, sealer.transaction() as conn:
        assert len(await tree.waiting_longest(conn, 5000)) == 1


async def test_while_others_are_parked_and_their_notices_leased(
    gateway: Database, purge: Database
) -> None:
    for _ in range(5):
        await make.accept(gateway, A)
    async with purge.transaction() as conn:
        assert len(await sweeping.park_due(conn, NOW.replace(year=2027), NOW, 200)) >= 5
        await take_in(gateway)
        async with gateway.transaction(party=LAS, today=TODAY) as other:
            await acceptance.insert_message(other, make.message(A, bericht_id=uuid7()))
