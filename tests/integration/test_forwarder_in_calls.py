"""Notices in calls: a failure ends one, outcomes go together, two workers share nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import text

from exchange.messages.identifiers import Oin
from exchange.pipeline.acknowledge import recording_in
from exchange.ports import Push, PushOutcome
from exchange.storage import directory, forwarding
from exchange.storage.database import Database
from exchange.storage.forwarding import PushResult, Turn
from exchange.workers.forwarder import EACH, Forwarder
from exchange.workers.patience import Patience
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import NOW
from tests.integration.test_forwarder import Clock

RECIPIENTS = [make.oin(number) for number in range(70, 76)]
ONE, OTHER, *_ = RECIPIENTS


MANY = """
    WITH m AS (
        INSERT INTO messages
        SELECT (jsonb_populate_record(m, jsonb_build_object('bericht_id', gen_random_uuid()))).*
        FROM messages m JOIN outbox o USING (bericht_id), generate_series(1, {count})
        WHERE o.recipient = '00000099000000071000'
        RETURNING bericht_id
    )
    INSERT INTO outbox
    SELECT (jsonb_populate_record(o, jsonb_build_object(
        'bericht_id', m.bericht_id, 'recipient', '00000099000000070000',
        'push_status', {status}, 'push_due_at', {due}))).*
    FROM outbox o, m WHERE o.recipient = '00000099000000071000'
"""
READ = text("""
    SELECT pg_stat_get_xact_tuples_returned('outbox_to_push'::regclass)
         + pg_stat_get_xact_tuples_returned('outbox'::regclass)
""")


class Simulator:
    """Recipients that answer at once, until told to fail."""

    def __init__(self, fails_after: int = 1_000_000) -> None:
        self.heard: Counter[UUID | int] = Counter()
        self.most = self._now = 0
        self._left = fails_after

    async def send(self, push: Push) -> PushOutcome:
        """Take one notice."""
        self.heard[push.subject] += 1
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(0)
        self._now -= 1
        self._left -= 1
        return PushOutcome.DELIVERED if self._left >= 0 else PushOutcome.FAILED


@pytest.fixture(scope="module", autouse=True)
async def everybody(operator: Database) -> None:
    await make.connect_everybody(operator)
    async with operator.transaction() as conn:
        for number, oin in enumerate(RECIPIENTS):
            await directory.add_party(conn, oin, f"r{number}", "https://notices.example/", NOW)


@pytest.fixture(autouse=True)
async def nothing_due(fresh: TestDatabase) -> None:
    async with fresh.raw() as root:
        await root.execute("TRUNCATE messages CASCADE")


async def due_to(gateway: Database, oin: Oin, count: int) -> None:
    for _ in range(count):
        await make.accept(gateway, recipient=oin, push=True)


async def counted(fresh: TestDatabase, what: str) -> int:
    async with fresh.raw() as root:
        return int(await root.fetchval(f"SELECT count(*) FROM outbox WHERE {what}"))  # noqa: S608  ours


async def call(forwarder: Forwarder, freed: asyncio.Event) -> None:
    freed.clear()
    await forwarder.work()
    await asyncio.wait_for(freed.wait(), 20)


async def test_who_answers_gets_more_with_each_call_and_no_more_at_once(
    fresh: TestDatabase, gateway: Database, worker: Database
) -> None:
    await due_to(gateway, ONE, 1 + EACH + 2 * EACH)
    recipients, freed = Simulator(), asyncio.Event()
    forwarder = Forwarder(worker, recipients, Clock(), freed)
    heard = []
    for _ in range(3):
        await call(forwarder, freed)
        heard.append(recipients.heard.total())
    assert heard == [1, 1 + EACH, 1 + EACH + 2 * EACH]
    assert recipients.most == EACH
    assert await counted(fresh, "push_status = 'bezorgd'") == heard[-1]


async def test_the_first_failure_ends_a_call_and_what_was_not_sent_is_as_it_was(
    fresh: TestDatabase, gateway: Database, worker: Database
) -> None:
    await due_to(gateway, ONE, 16)
    patience, freed = Patience(), asyncio.Event()
    for _ in range(3):
        patience.note(ONE, answered=True)  # so its next call has 16
    recipients = Simulator(fails_after=5)
    await call(Forwarder(worker, recipients, Clock(), freed, patience), freed)

    failed = await counted(fresh, "push_attempt = 1 AND push_status = 'wachtend'")
    assert await counted(fresh, "push_status = 'bezorgd'") == 5
    assert 1 <= failed <= EACH
    untried = "push_attempt = 0 AND push_lease_until IS NULL AND push_due_at = created_at"
    assert await counted(fresh, untried) == 16 - 5 - failed
    assert ONE in patience.resting()


async def test_two_workers_side_by_side_never_send_the_same_notice(
    fresh: TestDatabase, gateway: Database, worker: Database
) -> None:
    for oin in RECIPIENTS:
        await due_to(gateway, oin, 12)
    recipients = Simulator()
    events = [asyncio.Event(), asyncio.Event()]
    workers = [Forwarder(worker, recipients, Clock(), freed) for freed in events]
    async with asyncio.timeout(60):
        while await counted(fresh, "push_status = 'bezorgd'") < 12 * len(RECIPIENTS):
            await asyncio.gather(*(one.work() for one in workers))
    for one in workers:
        await one.close()
    assert set(recipients.heard.values()) == {1}


async def test_outcomes_of_calls_go_together_and_one_that_cannot_be_written_fails_alone(
    fresh: TestDatabase, gateway: Database, worker: Database
) -> None:
    for oin in RECIPIENTS:
        await due_to(gateway, oin, 3)
    async with worker.transaction() as conn:
        due = await forwarding.lease_pushes(conn, NOW, 60, Turn(100, 100, {}))
    by_recipient = {oin: [one for one in due if one.recipient == oin] for oin in RECIPIENTS}
    calls = [
        [PushResult(one, "nonsense" if oin == OTHER else "bezorgd", 1) for one in notices]
        for oin, notices in by_recipient.items()
    ]
    outcomes = recording_in(worker)
    ended = await asyncio.gather(
        *(outcomes.pass_through(results) for results in calls), return_exceptions=True
    )
    assert [isinstance(one, BaseException) for one in ended] == [oin == OTHER for oin in RECIPIENTS]
    async with fresh.raw() as root:
        query = "SELECT recipient, xmin FROM outbox WHERE push_status = 'bezorgd'"
        rows = await root.fetch(query)
    assert {row["recipient"] for row in rows} == {o.reveal() for o in RECIPIENTS if o != OTHER}
    assert len(rows) == 3 * (len(RECIPIENTS) - 1)


async def test_a_look_reads_its_few_notices_out_of_a_backlog_that_no_statistics_know(
    fresh: TestDatabase, gateway: Database
) -> None:
    await due_to(gateway, OTHER, 1)
    async with fresh.raw() as root:
        await root.execute(MANY.format(count=9000, status="'bezorgd'", due="NULL"))
        await root.execute("ANALYZE outbox")
        await root.execute(MANY.format(count=3000, status="'wachtend'", due="o.push_due_at"))
    async with fresh.login("exchange_worker", pool_size=1) as one, one.transaction() as conn:
        due = await forwarding.lease_pushes(conn, NOW, 60, Turn(20, 10, {}))
        await forwarding.record_pushes(conn, [PushResult(d, "bezorgd", 1) for d in due])
        assert len(due) == 11
        assert (await conn.execute(READ)).scalar_one() < 200
