"""Notices: one worker at a time, nobody starves, and a late outcome changes nothing."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from exchange.messages.identifiers import Oin
from exchange.storage import directory, forwarding, mailbox
from exchange.storage.database import Database
from exchange.storage.forwarding import Turn
from exchange.storage.rows import DuePush, MessageRow
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import LEERPLICHT, NOW, TODAY

BUSY, QUIET, GONE, REVOKED = (make.oin(number) for number in range(80, 84))
URL = "https://notices.example/hook"
WITHOUT_INDEXES = text("SELECT pg_stat_get_xact_tuples_hot_updated(CAST('outbox' AS regclass))")


@pytest.fixture(scope="module", autouse=True)
async def everybody(operator: Database) -> None:
    await make.connect_everybody(operator)
    async with operator.transaction() as conn:
        await directory.add_party(conn, LEERPLICHT, "party-2", URL, NOW)
        await directory.add_party(conn, BUSY, "busy", URL, NOW)
        await directory.add_party(conn, QUIET, "quiet", URL, NOW)
        await directory.add_party(conn, GONE, "gone", None, NOW)
        await directory.add_party(conn, REVOKED, "revoked", URL, NOW)
        await directory.revoke_party(conn, REVOKED, NOW)


@pytest.fixture(autouse=True)
async def nothing_due(fresh: TestDatabase) -> None:
    async with fresh.raw() as root:
        await root.execute("TRUNCATE messages CASCADE")


async def lease(worker: Database, after: float = 0, limit: int = 10) -> list[DuePush]:
    async with worker.transaction() as conn:
        now, turn = NOW + timedelta(seconds=after), Turn(limit, limit, {})
        return list(await forwarding.lease_pushes(conn, now, 60, turn))


async def record(worker: Database, due: DuePush, after: float | None, *, delivered: bool) -> None:
    async with worker.transaction() as conn:
        await forwarding.record_pushes(conn, [make.pushed(due, after, delivered=delivered)])


async def state(fresh: TestDatabase, row: MessageRow) -> tuple[str, int]:
    async with fresh.raw() as root:
        found = await root.fetchrow("SELECT * FROM outbox WHERE bericht_id = $1", row.bericht_id)
    return found["push_status"], found["push_attempt"]


async def test_a_notice_is_leased_sent_and_done_with(
    fresh: TestDatabase, gateway: Database, worker: Database
) -> None:
    row = await make.accept(gateway, push=True)
    await make.accept(gateway, push=False)
    (due,) = await lease(worker)
    assert due == DuePush(row.bericht_id, "leerplicht", LEERPLICHT, URL, 0)
    await record(worker, due, None, delivered=True)
    assert await state(fresh, row) == ("bezorgd", 1)
    assert await lease(worker, after=1e6) == []


async def test_a_lease_keeps_others_away_until_it_runs_out(
    gateway: Database, worker: Database
) -> None:
    await make.accept(gateway, push=True)
    assert len(await lease(worker)) == 1
    assert await lease(worker, after=59) == []
    assert len(await lease(worker, after=61)) == 1


async def test_a_lease_is_written_without_touching_an_index(
    gateway: Database, worker: Database
) -> None:
    for _ in range(40):
        await make.accept(gateway, push=True)
    async with worker.transaction() as conn:
        before = (await conn.execute(WITHOUT_INDEXES)).scalar_one()
        leased = await forwarding.lease_pushes(conn, NOW, 60, Turn(40, 40, {}))
        after = (await conn.execute(WITHOUT_INDEXES)).scalar_one()
    assert after - before == len(leased) == 40


async def test_a_failed_notice_is_due_again_and_in_the_end_given_up(
    fresh: TestDatabase, gateway: Database, worker: Database
) -> None:
    row = await make.accept(gateway, push=True)
    (first,) = await lease(worker)
    await record(worker, first, 5, delivered=False)
    assert await lease(worker, after=4) == []
    (second,) = await lease(worker, after=5)
    assert second.attempt == 1
    await record(worker, second, None, delivered=False)
    assert await state(fresh, row) == ("opgegeven", 2)
    assert await lease(worker, after=1e6) == []


async def test_an_outcome_that_comes_late_changes_nothing(
    fresh: TestDatabase, gateway: Database, worker: Database
) -> None:
    row = await make.accept(gateway, push=True)
    (slow,) = await lease(worker)
    (quick,) = await lease(worker, after=61)
    await record(worker, quick, None, delivered=True)
    await record(worker, slow, 5, delivered=False)
    assert await state(fresh, row) == ("bezorgd", 1)


async def test_an_outcome_from_before_a_newer_attempt_does_not_move_its_schedule(
    fresh: TestDatabase, gateway: Database, worker: Database
) -> None:
    row = await make.accept(gateway, push=True)
    (slow,) = await lease(worker)
    (quick,) = await lease(worker, after=61)
    await record(worker, quick, 300, delivered=False)
    await record(worker, slow, None, delivered=False)
    assert await state(fresh, row) == ("wachtend", 1)
    assert await lease(worker, after=299) == []
    assert len(await lease(worker, after=300)) == 1


async def test_a_worker_that_is_still_leasing_holds_nobody_up(
    gateway: Database, worker: Database
) -> None:
    for _ in range(3):
        await make.accept(gateway, push=True)
    async with worker.transaction() as conn:
        first = await forwarding.lease_pushes(conn, NOW, 60, Turn(2, 2, {}))
        others = await asyncio.wait_for(lease(worker), 1)
    assert len(first) == 2
    assert len(others) == 1
    assert {due.subject for due in first}.isdisjoint(due.subject for due in others)


async def test_a_notice_of_what_was_fetched_meanwhile_is_called_off(
    fresh: TestDatabase, gateway: Database, worker: Database
) -> None:
    row = await make.accept(gateway, push=True)
    (due,) = await lease(worker)
    async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
        await mailbox.fetch_parcel(conn, LEERPLICHT, row.bericht_id, NOW)
    await record(worker, due, 5, delivered=False)
    assert await state(fresh, row) == ("geen", 0)


async def test_many_workers_never_share_a_notice(gateway: Database, worker: Database) -> None:
    for _ in range(60):
        await make.accept(gateway, push=True)
    leased = await asyncio.gather(*(lease(worker, limit=10) for _ in range(10)))
    ids = [due.subject for batch in leased for due in batch]
    assert len(ids) == len(set(ids))
    rest = await lease(worker, limit=100)
    assert len(ids) + len(rest) == 60


async def test_one_busy_recipient_never_delays_another(gateway: Database, worker: Database) -> None:
    async def accepted(recipient: Oin, seconds: int) -> None:
        created_at = NOW + timedelta(seconds=seconds)
        await make.accept(gateway, recipient=recipient, push=True, created_at=created_at)

    for second in range(30):
        await accepted(BUSY, second)
    for second in (31, 32):
        await accepted(QUIET, second)
    first_four = await lease(worker, after=60, limit=4)
    assert Counter(due.recipient for due in first_four) == {BUSY: 2, QUIET: 2}


@pytest.mark.parametrize("recipient", [GONE, REVOKED])
async def test_a_recipient_without_an_address_or_revoked_is_given_up_at_once(
    fresh: TestDatabase, gateway: Database, worker: Database, recipient: Oin
) -> None:
    row = await make.accept(gateway, recipient=recipient, push=True)
    assert await lease(worker) == []
    assert await state(fresh, row) == ("opgegeven", 0)


async def test_new_parcels_wake_the_forwarder(gateway: Database, worker: Database) -> None:
    called = asyncio.Event()
    task = asyncio.create_task(worker.listen("outbox", called.set))
    await asyncio.wait_for(called.wait(), 2)
    called.clear()
    await make.accept(gateway, push=True)
    await asyncio.wait_for(called.wait(), 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
