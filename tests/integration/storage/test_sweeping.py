"""Time: parked, lapsed, erased and forgotten, exactly when due and never twice (P9)."""

import asyncio
from datetime import timedelta

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest
from uuid_utils.compat import uuid7

from exchange.bootstrap.law import open_law
from exchange.errors import Fault
from exchange.messages.identifiers import Schooljaar
from exchange.policy.retention import cutoffs
from exchange.policy.status import Status
from exchange.storage import mailbox, purging, sweeping, terms
from exchange.storage.database import Database
from exchange.storage.rows import MessageRow
from exchange.storage.terms import FORGOTTEN
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import LEERPLICHT, NOW, TODAY

A_DAY = timedelta(days=1)
OLD, NEW = Schooljaar(2024), Schooljaar(2026)
PAST = cutoffs(NOW, open_law())


@pytest.fixture(scope="module", autouse=True)
async def everybody(operator: Database) -> None:
    await make.connect_everybody(operator)


@pytest.fixture(autouse=True)
async def nothing_yet(fresh: TestDatabase) -> None:
    async with fresh.raw() as root:
        await root.execute("TRUNCATE messages, idempotency, subject_link, log_records CASCADE")


async def statuses(fresh: TestDatabase) -> dict[str, tuple[str, bool]]:
    """Status and whether there is a payload, by message."""
    async with fresh.raw() as root:
        rows = await root.fetch("SELECT bericht_id, status, payload FROM outbox")
    return {str(r["bericht_id"]): (r["status"], r["payload"] is not None) for r in rows}


async def acknowledged(gateway: Database, row: MessageRow, days: int = 0) -> None:
    at = NOW + timedelta(days=days)
    async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
        await mailbox.fetch_parcel(conn, LEERPLICHT, row.bericht_id, at)
        await mailbox.mark_acknowledged(conn, row.bericht_id, "leerplicht", at)


async def test_what_waits_too_long_is_parked_and_can_still_be_fetched(
    fresh: TestDatabase, gateway: Database, worker: Database
) -> None:
    pupil = make.digest()
    late = await make.accept(gateway, created_at=NOW - A_DAY, pupil=pupil)
    await make.accept(gateway, created_at=NOW)
    fetched = await make.accept(gateway, created_at=NOW - A_DAY)
    async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
        await mailbox.fetch_parcel(conn, LEERPLICHT, fetched.bericht_id, NOW)
    async with worker.transaction() as conn:
        (parked,) = await sweeping.park_due(conn, NOW, NOW)
        assert await sweeping.park_due(conn, NOW, NOW) == []
    assert (parked.bericht_id, parked.status) == (late.bericht_id, Status.GEPARKEERD)
    assert (parked.recipient, parked.blind_index) == (LEERPLICHT, pupil)
    async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
        parcel = await mailbox.fetch_parcel(conn, LEERPLICHT, late.bericht_id, NOW)
        assert parcel is not None
        assert parcel.payload is not None
    assert (await statuses(fresh))[str(late.bericht_id)] == ("afgeleverd", True)


async def test_past_the_term_the_unanswered_lapses_and_every_payload_goes(
    fresh: TestDatabase, gateway: Database, purge: Database
) -> None:
    waiting = await make.accept(gateway, schooljaar=OLD, push=True)
    done = await make.accept(gateway, schooljaar=OLD)
    recent = await make.accept(gateway, schooljaar=NEW)
    await acknowledged(gateway, done)
    async with purge.transaction(today=TODAY) as conn:
        lapsed = await sweeping.lapse(conn, NEW, NOW)
        assert await sweeping.lapse(conn, NEW, NOW) == []
    assert [(p.bericht_id, p.status) for p in lapsed] == [(waiting.bericht_id, Status.VERVALLEN)]
    assert await statuses(fresh) == {
        str(waiting.bericht_id): ("vervallen", False),
        str(done.bericht_id): ("bevestigd", False),
        str(recent.bericht_id): ("wachtend", True),
    }


async def test_what_was_acknowledged_long_enough_ago_is_erased(
    fresh: TestDatabase, gateway: Database, purge: Database
) -> None:
    early, late = await make.accept(gateway), await make.accept(gateway)
    waiting = await make.accept(gateway)
    await acknowledged(gateway, early, days=0)
    await acknowledged(gateway, late, days=1)
    async with purge.transaction(today=TODAY) as conn:
        assert await sweeping.erase_acknowledged(conn, NOW + A_DAY, NOW + 30 * A_DAY) == 1
        assert await sweeping.erase_acknowledged(conn, NOW + A_DAY, NOW + 30 * A_DAY) == 0
    assert await statuses(fresh) == {
        str(early.bericht_id): ("bevestigd", False),
        str(late.bericht_id): ("bevestigd", True),
        str(waiting.bericht_id): ("wachtend", True),
    }


async def test_sweeps_are_bounded_and_share_the_work(gateway: Database, worker: Database) -> None:
    for _ in range(25):
        await make.accept(gateway, created_at=NOW - A_DAY)

    async def sweep() -> list[str]:
        async with worker.transaction() as conn:
            parked = await sweeping.park_due(conn, NOW, NOW, limit=10)
            await asyncio.sleep(0.05)
        assert len(parked) <= 10
        return [str(parcel.bericht_id) for parcel in parked]

    swept = [one for batch in await asyncio.gather(*(sweep() for _ in range(4))) for one in batch]
    swept += await sweep() + await sweep()
    assert len(swept) == len(set(swept)) == 25


async def test_a_sweep_does_not_wait_for_a_parcel_in_use(
    gateway: Database, worker: Database
) -> None:
    row = await make.accept(gateway, created_at=NOW - A_DAY)
    async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
        await mailbox.lock_parcel(conn, LEERPLICHT, row.bericht_id)
        async with worker.transaction() as other:
            assert await sweeping.park_due(other, NOW, NOW) == []


async def test_the_purge_can_destroy_a_payload_and_never_replace_one(
    fresh: TestDatabase, gateway: Database
) -> None:
    await make.accept(gateway)
    async with fresh.raw("exchange_purge") as connection:
        for replace in (
            "UPDATE outbox SET payload = 'another'",
            "UPDATE outbox SET status = 'wachtend'",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await connection.execute(replace)


async def test_a_worker_erases_and_deletes_nothing(gateway: Database, worker: Database) -> None:
    await make.accept(gateway, schooljaar=OLD)
    for sweep in (
        lambda conn: sweeping.lapse(conn, NEW, NOW),
        lambda conn: sweeping.erase_acknowledged(conn, NOW, NOW),
        lambda conn: purging.forget_messages(conn, PAST, 1),
        lambda conn: purging.forget_links(conn, NEW, 1),
        lambda conn: purging.blank_log_text(conn, {uuid7(): bytes(49)}),
    ):
        with pytest.raises(Fault):
            async with worker.transaction(today=TODAY) as conn:
                await sweep(conn)
    for store in FORGOTTEN:
        with pytest.raises(Fault):
            async with worker.transaction(today=TODAY) as conn:
                await terms.forget(conn, store, PAST, 1)
