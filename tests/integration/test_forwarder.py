"""The forwarder over a real PostgreSQL: every recipient at its own pace."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime
from uuid import UUID

import pytest

from exchange.messages.identifiers import Oin
from exchange.ports import Push, PushOutcome
from exchange.storage import directory, releases
from exchange.storage.database import Database
from exchange.workers.forwarder import EACH, Forwarder
from tests.integration.api.releases import release_row
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import NOW

SLOW, QUICK = make.oin(90), make.oin(91)


class Simulator:
    """Recipients: one answers only when told to, the others at once."""

    def __init__(self) -> None:
        self.heard: Counter[Oin] = Counter()
        self.subjects: list[UUID | int] = []
        self.released = asyncio.Event()

    async def send(self, push: Push) -> PushOutcome:
        """Take one notice."""
        self.heard[push.recipient] += 1
        self.subjects.append(push.subject)
        if push.recipient == SLOW:
            await self.released.wait()
        return PushOutcome.DELIVERED


class Clock:
    """A moment at which everything that was made is due."""

    def now(self) -> datetime:
        """Give it."""
        return NOW


@pytest.fixture(autouse=True)
async def nothing_due(fresh: TestDatabase) -> None:
    async with fresh.raw() as root:
        await root.execute("TRUNCATE messages, releases CASCADE")


@pytest.fixture(scope="module", autouse=True)
async def everybody(operator: Database) -> None:
    await make.connect_everybody(operator)
    async with operator.transaction() as conn:
        for oin, name in ((SLOW, "slow"), (QUICK, "quick")):
            await directory.add_party(conn, oin, name, "https://notices.example/hook", NOW)


async def test_a_slow_recipient_delays_its_own_notices_only(
    fresh: TestDatabase, gateway: Database, worker: Database
) -> None:
    for _ in range(2 * EACH):
        await make.accept(gateway, recipient=SLOW, push=True)
    await make.accept(gateway, recipient=QUICK, push=True)
    recipients, freed = Simulator(), asyncio.Event()
    forwarder = Forwarder(worker, recipients, Clock(), freed)

    await forwarder.work()
    await asyncio.wait_for(freed.wait(), 5)
    for _ in range(3):
        await make.accept(gateway, recipient=QUICK, push=True)
    freed.clear()
    await forwarder.work()
    await asyncio.wait_for(freed.wait(), 5)

    assert recipients.heard == {SLOW: 1, QUICK: 4}
    async with fresh.raw() as root:
        told = "SELECT count(*) FROM outbox WHERE recipient = $1 AND push_status = 'bezorgd'"
        assert await root.fetchval(told, QUICK.reveal()) == 4
        assert await root.fetchval(told, SLOW.reveal()) == 0

    freed.clear()
    recipients.released.set()
    await asyncio.wait_for(freed.wait(), 5)
    freed.clear()
    await forwarder.work()
    await asyncio.wait_for(freed.wait(), 5)
    await forwarder.close()
    assert recipients.heard[SLOW] == 1 + EACH  # it answered, so it may have more at once


async def test_a_release_is_told_like_a_message_and_waits_for_nobody(
    fresh: TestDatabase, gateway: Database, worker: Database, operator: Database
) -> None:
    async with operator.transaction() as conn:
        nummer = await releases.next_number(conn)
        await releases.insert_release(conn, release_row(nummer, "2026-09", "voorlopig", NOW))
        await releases.insert_notices(conn, nummer, [SLOW, QUICK], NOW)
    message = await make.accept(gateway, recipient=QUICK, push=True)
    recipients, freed = Simulator(), asyncio.Event()
    forwarder = Forwarder(worker, recipients, Clock(), freed)

    await forwarder.work()
    await asyncio.wait_for(freed.wait(), 5)
    await forwarder.close()

    assert set(recipients.subjects) == {nummer, message.bericht_id}
    assert recipients.heard == {SLOW: 1, QUICK: 2}
    async with fresh.raw() as root:
        query = "SELECT recipient, push_status FROM release_notices"
        told = {row["recipient"]: row["push_status"] for row in await root.fetch(query)}
    assert told == {SLOW.reveal(): "wachtend", QUICK.reveal(): "bezorgd"}
