"""Notices of releases: leased by one worker at a time, tried again, given up, called off."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from exchange.messages.identifiers import Oin
from exchange.storage import directory, release_notices, releases
from exchange.storage.backlog import backlog
from exchange.storage.database import Database
from exchange.storage.forwarding import Turn
from exchange.storage.rows import DuePush
from tests.integration.api.releases import release_row
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import NOW

COLLEGE, SWV, GONE, REVOKED = (make.oin(number) for number in range(60, 64))
URL = "https://notices.example/hook"


@pytest.fixture(scope="module", autouse=True)
async def everybody(operator: Database) -> None:
    async with operator.transaction() as conn:
        for oin, url in ((COLLEGE, URL), (SWV, URL), (GONE, None), (REVOKED, URL)):
            await directory.add_party(conn, oin, f"party {oin}", url, NOW)
        await directory.revoke_party(conn, REVOKED, NOW)


@pytest.fixture(autouse=True)
async def nothing_due(fresh: TestDatabase) -> None:
    async with fresh.raw() as root:
        await root.execute("TRUNCATE releases CASCADE")


async def release(operator: Database, *recipients: Oin) -> int:
    async with operator.transaction() as conn:
        nummer = await releases.next_number(conn)
        await releases.insert_release(conn, release_row(nummer, "2026-09", "voorlopig", NOW))
        await releases.insert_notices(conn, nummer, recipients, NOW)
    return nummer


async def lease(
    worker: Database, after: float = 0, limit: int = 10, each: int = 10, busy: Sequence[Oin] = ()
) -> list[DuePush]:
    moment, turn = NOW + timedelta(seconds=after), Turn(limit, each, dict.fromkeys(busy, 0))
    async with worker.transaction() as conn:
        return list(await release_notices.lease_notices(conn, moment, 60, turn))


async def record(worker: Database, due: DuePush, after: float | None, *, delivered: bool) -> None:
    async with worker.transaction() as conn:
        await release_notices.record_notices(conn, [make.pushed(due, after, delivered=delivered)])


async def state(fresh: TestDatabase, nummer: int, recipient: Oin) -> tuple[str, int]:
    async with fresh.raw() as root:
        query = "SELECT * FROM release_notices WHERE nummer = $1 AND recipient = $2"
        found = await root.fetchrow(query, nummer, recipient.reveal())
    return found["push_status"], found["push_attempt"]


async def test_a_notice_is_leased_sent_and_done_with(
    fresh: TestDatabase, operator: Database, worker: Database
) -> None:
    nummer = await release(operator, COLLEGE)
    (due,) = await lease(worker)
    assert due == DuePush(nummer, None, COLLEGE, URL, 0)
    assert await lease(worker, after=59) == []
    await record(worker, due, None, delivered=True)
    assert await state(fresh, nummer, COLLEGE) == ("bezorgd", 1)
    assert await lease(worker, after=1e6) == []


async def test_a_lease_that_ran_out_lets_another_try_and_a_late_outcome_changes_nothing(
    fresh: TestDatabase, operator: Database, worker: Database
) -> None:
    nummer = await release(operator, COLLEGE)
    (slow,) = await lease(worker)
    (quick,) = await lease(worker, after=61)
    await record(worker, quick, 300, delivered=False)
    await record(worker, slow, None, delivered=False)
    assert await state(fresh, nummer, COLLEGE) == ("wachtend", 1)
    assert await lease(worker, after=299) == []
    (again,) = await lease(worker, after=300)
    assert again.attempt == 1


async def test_a_notice_that_was_given_up_is_counted_for_the_operator(
    fresh: TestDatabase, operator: Database, worker: Database, gateway: Database
) -> None:
    nummer = await release(operator, COLLEGE, SWV)
    for due in await lease(worker):
        await record(worker, due, None, delivered=due.recipient == SWV)
    assert await state(fresh, nummer, COLLEGE) == ("opgegeven", 1)
    async with gateway.transaction() as conn:
        assert (await backlog(conn)).given_up == 1


@pytest.mark.parametrize("recipient", [GONE, REVOKED])
async def test_who_cannot_be_notified_is_given_up_at_once(
    fresh: TestDatabase, operator: Database, worker: Database, recipient: Oin
) -> None:
    nummer = await release(operator, recipient)
    assert await lease(worker) == []
    assert await state(fresh, nummer, recipient) == ("opgegeven", 0)


async def test_a_few_at_a_time_for_each_and_none_for_the_busy(
    operator: Database, worker: Database
) -> None:
    for _ in range(5):
        await release(operator, COLLEGE, SWV)
    first = await lease(worker, each=2)
    assert sorted(due.recipient.reveal() for due in first) == sorted(
        [COLLEGE.reveal(), SWV.reveal()] * 2
    )
    rest = await lease(worker, busy=(COLLEGE,))
    assert [due.recipient for due in rest] == [SWV] * 3


async def test_many_workers_never_share_a_notice(operator: Database, worker: Database) -> None:
    for _ in range(20):
        await release(operator, COLLEGE, SWV)
    leased = await asyncio.gather(*(lease(worker, limit=5) for _ in range(10)))
    held = [(due.subject, due.recipient) for batch in leased for due in batch]
    assert len(held) == len(set(held))
    rest = await lease(worker, limit=100, each=100)
    assert len(held) + len(rest) == 40


async def test_an_outcome_after_the_withdrawal_changes_nothing(
    fresh: TestDatabase, operator: Database, worker: Database
) -> None:
    nummer = await release(operator, COLLEGE)
    (due,) = await lease(worker)
    async with operator.transaction() as conn:
        await releases.withdraw(conn, nummer, NOW, uuid7())
    await record(worker, due, 5, delivered=False)
    assert await state(fresh, nummer, COLLEGE) == ("geen", 0)
    assert await lease(worker, after=1e6) == []
