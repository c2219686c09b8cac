"""The forwarder as it runs, real sockets and a real PostgreSQL: the bad never delay the good.

What is held is order, never seconds: when the good ones have heard everything, the attempts at
those that hang have not ended yet.
"""

from __future__ import annotations

import asyncio
import ssl
import tracemalloc
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from adapters.keys.memory import MemoryKeyProvider
from adapters.push.sender import HttpPushSender, PushSettings
from exchange.bootstrap.connections import allow_connections
from exchange.messages.identifiers import Oin
from exchange.storage import acceptance, directory
from exchange.storage.database import Database
from exchange.workers.forwarder import BATCH, CROWD, EACH, Forwarder
from exchange.workers.loop import turn
from exchange.workers.patience import Patience
from tests.integration.outbound import recipients
from tests.integration.outbound.recipients import Behave, Recipient, listening
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.unit.adapters.identity.loopback import Pki

NOW = make.NOW
NEVER = 600.0
"""Seconds that an attempt may take: in a test that lasts shorter none ends by itself."""

BACKLOG = 200
FEW = 10


@dataclass
class Clock:
    """The time by which notices are due; signatures have the real one."""

    moment: datetime = NOW

    def now(self) -> datetime:
        """Give it."""
        return self.moment


class RealTime:
    """The time of this machine."""

    def now(self) -> datetime:
        """Give it."""
        return datetime.now(UTC)


@dataclass
class Watch:
    """The watch by which who failed rests: for good, or until the next look at the watch."""

    jumps: bool = False
    seconds: float = 0.0

    def __call__(self) -> float:
        self.seconds += 61 if self.jumps else 0
        return self.seconds


@dataclass
class Post:
    """A worker's forwarder, what it works with, and the recipients in its register."""

    fresh: TestDatabase
    gateway: Database
    operator: Database
    worker: Database
    tls: ssl.SSLContext
    pki: Pki
    stack: AsyncExitStack
    clock: Clock = field(default_factory=Clock)
    watch: Watch = field(default_factory=Watch)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    numbers: int = 100

    async def add(self, behave: Behave, *, tls: bool = True) -> tuple[Oin, Recipient]:
        """Give a recipient a server, and a place in the register."""
        one = await self.stack.enter_async_context(listening(behave, self.tls if tls else None))
        (oin,) = await self.register(one.url)
        return oin, one

    async def register(self, *urls: str) -> list[Oin]:
        """Put a recipient in the register for each address."""
        oins = []
        async with self.operator.transaction() as conn:
            for url in urls:
                self.numbers += 1
                oins.append(make.oin(self.numbers))
                await directory.add_party(conn, oins[-1], f"ontvanger-{self.numbers}", url, NOW)
        return oins

    async def wait_for(self, oins: Iterable[Oin], each: int = 1, minutes: int = 60) -> None:
        """Let notices be due to each of ``oins``, since ``minutes``."""
        created_at = NOW - timedelta(minutes=minutes)
        async with self.gateway.transaction(party=make.LAS, today=make.TODAY) as conn:
            for oin in oins:
                rows = [make.message() for _ in range(each)]
                for row in rows:
                    await acceptance.insert_message(conn, row)
                parcels = [make.parcel(r, oin, push=True, created_at=created_at) for r in rows]
                await acceptance.insert_parcels(conn, parcels)

    @asynccontextmanager
    async def turning(self, seconds: float = NEVER) -> AsyncIterator[Forwarder]:
        """Run the forwarder as ``run_workers`` does; at the end nothing of it is left."""
        settings = PushSettings(
            make.oin(1), allow_private=True, ca=self.pki.ca, total_seconds=seconds
        )
        sender = HttpPushSender(settings, MemoryKeyProvider(), RealTime())
        forwarder = Forwarder(self.worker, sender, self.clock, self.called, Patience(self.watch))
        loop = asyncio.create_task(turn("forwarder", forwarder.work, 0.05, self.called))
        try:
            yield forwarder
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)
            await forwarder.close()
            await sender.aclose()

    async def count(self, oin: Oin, what: str) -> int:
        """Count the notices to a recipient of which ``what`` is so."""
        async with self.fresh.raw() as root:
            query = f"SELECT count(*) FROM outbox WHERE recipient = $1 AND ({what})"  # noqa: S608  ours
            return int(await root.fetchval(query, oin.reveal()))

    async def recorded(self, oin: Oin, what: str, wanted: int) -> None:
        """Wait until so many notices to a recipient are on record as ``what``."""
        async with asyncio.timeout(30):
            while await self.count(oin, what) < wanted:  # noqa: ASYNC110  it is in the database
                await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """A CA that signed the certificate of every recipient here."""
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module", autouse=True)
async def everybody(operator: Database) -> None:
    """The parties that messages need."""
    await make.connect_everybody(operator)


@pytest.fixture
async def post(
    fresh: TestDatabase, gateway: Database, operator: Database, worker: Database, pki: Pki
) -> AsyncIterator[Post]:
    """Nothing is due, and nobody has an address yet."""
    async with fresh.raw() as root:
        await root.execute("TRUNCATE messages CASCADE")
        await root.execute("DELETE FROM parties WHERE push_url IS NOT NULL")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pki.server.cert, pki.server.key)
    async with AsyncExitStack() as stack:
        yield Post(fresh, gateway, operator, worker, tls, pki, stack)


async def test_good_recipients_hear_everything_while_the_bad_ones_hang_and_fail(
    post: Post,
) -> None:
    elsewhere, there = await post.add(recipients.good)
    (nobody,) = await post.register("https://localhost:1/hook")
    hanging = [
        await post.add(recipients.silent, tls=False),
        await post.add(recipients.silent),
        await post.add(recipients.drips),
        await post.add(recipients.slow),
    ]
    failing = [
        await post.add(recipients.refuses),
        await post.add(recipients.garbage),
        await post.add(recipients.floods),
        await post.add(recipients.endless),
        await post.add(recipients.redirects(there.url)),
    ]
    good = [await post.add(recipients.good) for _ in range(4)]
    bad = [*(oin for oin, _ in hanging + failing), nobody]
    await post.wait_for(bad, each=BACKLOG)
    await post.wait_for((oin for oin, _ in good), each=FEW, minutes=1)

    async with post.turning():
        for oin, one in good:
            await one.until(lambda one=one: len(one.heard) == FEW)  # type: ignore[misc]  # bound now
            await post.recorded(oin, "push_status = 'bezorgd'", FEW)
        for oin, one in hanging:
            await one.until(lambda one=one: one.open == 1)  # type: ignore[misc]  # bound now
            assert one.calls == 1  # its first call has not ended, and there is no second beside it
            assert await post.count(oin, "push_attempt > 0 OR push_status <> 'wachtend'") == 0
        for oin in [*(oin for oin, _ in failing), nobody]:
            await post.recorded(oin, "push_attempt = 1", 1)
            assert await post.count(oin, "push_attempt > 0") == 1  # it rests, with all that is due
        for _, one in failing:
            assert one.most == 1
    assert (there.calls, await post.count(elsewhere, "true")) == (0, 0)


async def test_a_thousand_that_hang_leave_room_for_one_that_does_not(post: Post) -> None:
    assert allow_connections() > 3000
    _, black_hole = await post.add(recipients.silent, tls=False)
    hanging = await post.register(*(f"{black_hole.url}/{n}" for n in range(1000)))
    await post.wait_for(hanging, each=2)

    async with post.turning():
        await black_hole.until(lambda: black_hole.open == len(hanging))
        good, one = await post.add(recipients.good)
        await post.wait_for([good], each=FEW, minutes=1)
        await one.until(lambda: len(one.heard) == FEW)
        await post.recorded(good, "push_status = 'bezorgd'", FEW)
        assert black_hole.open == black_hole.most == black_hole.calls == len(hanging)
    await black_hole.until(lambda: black_hole.open == 0)  # stopped: nothing is left open
    assert one.most <= EACH


async def test_outcomes_of_a_thousand_that_fail_at_once_are_all_recorded(post: Post) -> None:
    _, black_hole = await post.add(recipients.silent, tls=False)
    failing = await post.register(*(f"{black_hole.url}/{n}" for n in range(1000)))
    await post.wait_for(failing)
    async with post.turning(seconds=3.0), asyncio.timeout(60):
        while True:
            async with post.fresh.raw() as root:
                query = "SELECT count(*) FROM outbox WHERE push_attempt = 1"
                if await root.fetchval(query) == len(failing):
                    break
            await asyncio.sleep(0.2)
    assert black_hole.calls <= len(failing)


async def test_those_that_answered_and_then_hang_together_leave_room_too(post: Post) -> None:
    turned = asyncio.Event()

    async def turns(
        one: Recipient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await (recipients.slow if turned.is_set() else recipients.good)(one, reader, writer)

    _, many = await post.add(turns)
    oins = await post.register(*(f"{many.url}/{n}" for n in range(2 * CROWD)))
    await post.wait_for(oins)
    async with post.turning():
        await many.until(lambda: len(many.heard) == len(oins))
        for oin in oins:
            await post.recorded(oin, "push_status = 'bezorgd'", 1)
        turned.set()
        many.most = 0
        await post.wait_for(oins, each=2 * EACH)
        post.called.set()
        await many.until(lambda: many.open >= len(oins))
        good, one = await post.add(recipients.good)
        await post.wait_for([good], each=FEW, minutes=1)
        post.called.set()
        await one.until(lambda: len(one.heard) == FEW)
        assert many.open == many.most <= EACH * (CROWD + BATCH) + len(oins)


async def test_a_bad_recipient_is_tried_by_its_schedule_and_no_more(post: Post) -> None:
    oin, one = await post.add(recipients.garbage)
    await post.wait_for([oin])
    post.watch.jumps = True
    async with post.turning():
        for attempt, wait in enumerate((5, 300, 1800, 7200, 18000, 36000, 36000), start=1):
            await post.recorded(oin, f"push_attempt = {attempt}", 1)
            post.clock.moment += timedelta(seconds=wait - 1)
            post.called.set()
            await asyncio.sleep(0.1)
            assert one.calls == attempt  # a second too early
            post.clock.moment += timedelta(seconds=wait / 10 + 1)  # jitter is a tenth at most
            post.called.set()
        await post.recorded(oin, "push_attempt = 8 AND push_status = 'opgegeven'", 1)
        post.clock.moment += timedelta(days=30)
        post.called.set()
        await asyncio.sleep(0.1)
    assert one.calls == 8


async def test_a_recipient_that_comes_back_hears_its_whole_backlog(post: Post) -> None:
    back = asyncio.Event()

    async def returns(
        one: Recipient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await (recipients.good if back.is_set() else recipients.refuses)(one, reader, writer)

    oin, one = await post.add(returns)
    await post.wait_for([oin], each=50)
    post.watch.jumps = True
    async with post.turning():
        await post.recorded(oin, "push_attempt = 1", 50)  # and none is under way
        back.set()
        post.clock.moment += timedelta(minutes=1)
        await post.recorded(oin, "push_status = 'bezorgd'", 50)
    assert one.most <= EACH
    assert len(set(one.heard)) == len(one.heard) == 50


async def test_what_a_flood_costs_does_not_grow_with_the_flood(post: Post) -> None:
    oin, one = await post.add(recipients.floods)
    other, two = await post.add(recipients.endless)
    await post.wait_for([oin, other], each=40)
    post.watch.jumps = True
    async with post.turning():
        await post.recorded(oin, "push_attempt = 1", 1)
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            async with asyncio.timeout(60):  # each of the forty notices is tried once
                await one.until(lambda: one.calls >= 20)
                await two.until(lambda: two.calls >= 20)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak - before < 30_000_000  # both ends, of forty answers of ten gigabytes each


async def test_stopping_waits_for_no_recipient(post: Post) -> None:
    bad = [
        await post.add(recipients.silent, tls=False),
        await post.add(recipients.silent),
        await post.add(recipients.slow),
        await post.add(recipients.drips),
    ]
    await post.wait_for((oin for oin, _ in bad), each=3)
    async with post.turning():
        for _, one in bad:
            await one.until(lambda one=one: one.open == 1)  # type: ignore[misc]  # bound now
    for oin, one in bad:
        await one.until(lambda one=one: one.open == 0)  # type: ignore[misc]  # bound now
        assert not one.go_on.is_set()
        assert await post.count(oin, "push_attempt > 0") == 0  # given up here, not failed there
