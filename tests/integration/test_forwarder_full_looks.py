"""A look that takes all it may: the next is at once where recipients were left out, else later."""

from __future__ import annotations

import asyncio

import pytest

from exchange.messages.identifiers import Oin
from exchange.storage import directory
from exchange.storage.database import Database
from exchange.workers.forwarder import BATCH, Forwarder
from exchange.workers.patience import Patience
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import NOW
from tests.integration.test_forwarder import Clock
from tests.integration.test_forwarder_in_calls import Simulator, counted, due_to

FIRST = 200
LEFT_OUT = 10
PROVEN = 16
COPIED = make.oin(FIRST - 1)

NOTICES = f"""
    WITH m AS (
        INSERT INTO messages
        SELECT (jsonb_populate_record(m, jsonb_build_object('bericht_id', gen_random_uuid()))).*
        FROM messages m JOIN outbox o USING (bericht_id), generate_series(1, $1::integer)
        WHERE o.recipient = '{COPIED.reveal()}'
        RETURNING bericht_id
    )
    INSERT INTO outbox
    SELECT (jsonb_populate_record(o, jsonb_build_object(
        'bericht_id', m.bericht_id,
        'recipient', '00000099' || lpad(({FIRST} + m.n % $2::integer)::text, 9, '0') || '000'))).*
    FROM outbox o, (SELECT bericht_id, row_number() OVER () AS n FROM m) AS m
    WHERE o.recipient = '{COPIED.reveal()}'
"""  # noqa: S608  our own words


@pytest.fixture(scope="module", autouse=True)
async def everybody(operator: Database) -> None:
    await make.connect_everybody(operator)
    async with operator.transaction() as conn:
        for number in range(BATCH + LEFT_OUT):
            oin = make.oin(FIRST + number)
            await directory.add_party(conn, oin, f"r{number}", "https://notices.example/", NOW)


async def wait_for(fresh: TestDatabase, gateway: Database, recipients: int, each: int) -> None:
    """Let so many notices be due to each of the first of ``recipients``, and to nobody else."""
    async with fresh.raw() as root:
        await root.execute("TRUNCATE messages CASCADE")
    await due_to(gateway, COPIED, 1)
    async with fresh.raw() as root:
        await root.execute(NOTICES, recipients * each, recipients)
        await root.execute("DELETE FROM outbox WHERE recipient = $1", COPIED.reveal())


async def all_told(fresh: TestDatabase, count: int) -> None:
    async with asyncio.timeout(30):
        while await counted(fresh, "push_status = 'bezorgd'") < count:  # noqa: ASYNC110  in the database
            await asyncio.sleep(0.02)


async def test_who_was_left_out_of_a_full_look_has_the_next_one_at_once(
    fresh: TestDatabase, gateway: Database, worker: Database
) -> None:
    await wait_for(fresh, gateway, BATCH + LEFT_OUT, each=1)
    recipients = Simulator()
    forwarder = Forwarder(worker, recipients, Clock(), asyncio.Event())
    assert await forwarder.work() == BATCH
    assert await forwarder.work() == 0
    await all_told(fresh, BATCH + LEFT_OUT)
    await forwarder.close()
    assert set(recipients.heard.values()) == {1}


async def test_a_full_look_that_left_nobody_out_waits_until_somebody_is_free(
    fresh: TestDatabase, gateway: Database, worker: Database
) -> None:
    each = BATCH // PROVEN
    await wait_for(fresh, gateway, PROVEN, each=2 * each)
    patience = Patience()
    for oin in (make.oin(FIRST + number) for number in range(PROVEN)):
        _trust(patience, oin, each)
    recipients, freed = Simulator(), asyncio.Event()
    forwarder = Forwarder(worker, recipients, Clock(), freed, patience)
    assert await forwarder.work() == 0
    assert await counted(fresh, "push_lease_until IS NOT NULL OR push_status = 'bezorgd'") == BATCH
    await asyncio.wait_for(freed.wait(), 20)
    async with asyncio.timeout(30):
        while await counted(fresh, "push_status = 'bezorgd'") < 2 * BATCH:
            await forwarder.work()
    await forwarder.close()
    assert set(recipients.heard.values()) == {1}


def _trust(patience: Patience, oin: Oin, notices: int) -> None:
    while patience.proven().get(oin, 0) < notices:
        patience.note(oin, answered=True)
