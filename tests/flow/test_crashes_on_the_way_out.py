"""SIGKILL while notices go out and while messages are parked: what workers do in small steps.

The workers are watched from outside: by the recipient's push endpoint, and by locks on the rows
that they are about to write.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.flow.installation import NOTHING, Installation, receiver_of
from tests.flow.killable import WORKERS
from tests.flow.orders import POSTGRES
from tests.flow.push_receiver import ANSWERED, CONNECTED, HEARD, PushReceiver
from tests.flow.schools import ROTTERDAM

RECEIVER = receiver_of(ROTTERDAM.recipient)
FORWARDER = "exchange_worker"
SWEEPER = "exchange_purge"
PATIENCE_SECONDS = 20
NOTICES_ARE_OUT = "SELECT count(*) = 0 FROM outbox WHERE push_status = 'wachtend'"

by_victim = pytest.mark.parametrize("victim", [WORKERS, POSTGRES])


@by_victim
@pytest.mark.parametrize("moment", [CONNECTED, HEARD])
async def test_a_kill_before_a_notice_is_answered_sends_it_again(
    installation: Installation, push_receiver: PushReceiver, moment: str, victim: str
) -> None:
    await installation.rest(RECEIVER)  # so that notices are all that happens
    killed = asyncio.Event()

    async def kill(_: str) -> None:
        installation.scene.kill(victim)
        killed.set()

    push_receiver.once(moment, kill)
    messages = await installation.schools.send(3, place=ROTTERDAM)
    await asyncio.wait_for(killed.wait(), PATIENCE_SECONDS)
    await notices_reach(installation, push_receiver, [one.bericht_id for one in messages])


@by_victim
async def test_a_kill_between_the_answer_to_a_notice_and_its_outcome_sends_it_again(
    installation: Installation, push_receiver: PushReceiver, victim: str
) -> None:
    await installation.rest(RECEIVER)
    holding, answered = asyncio.Event(), asyncio.Event()

    async def kill_when_the_outcome_waits(bericht_id: str) -> None:
        row = f"SELECT FROM outbox WHERE bericht_id = '{bericht_id}' FOR UPDATE"
        async with installation.locked(row, FORWARDER) as wanted:
            holding.set()
            await wanted()
            assert answered.is_set()
            installation.scene.kill(victim)

    async def hold(bericht_id: str) -> None:
        tasks.append(asyncio.create_task(kill_when_the_outcome_waits(bericht_id)))
        await holding.wait()

    async def note(_: str) -> None:
        answered.set()

    tasks: list[asyncio.Task[None]] = []
    push_receiver.once(HEARD, hold)
    push_receiver.once(ANSWERED, note)
    (message,) = await installation.schools.send(1, place=ROTTERDAM)
    await asyncio.wait_for(holding.wait(), PATIENCE_SECONDS)
    await asyncio.wait_for(tasks[0], PATIENCE_SECONDS)
    await notices_reach(installation, push_receiver, [message.bericht_id])
    assert push_receiver.heard.count(message.bericht_id) == 2  # at least once, with the same id


@by_victim
async def test_a_kill_while_parking_parks_each_message_once_and_tells_its_school(
    installation: Installation, victim: str
) -> None:
    await installation.rest(RECEIVER)
    messages = await installation.schools.send(3, place=ROTTERDAM)
    ids = [message.bericht_id for message in messages]
    await installation.until_sql(NOTICES_ARE_OUT, "the notices are out")
    await installation.rest(WORKERS)
    await installation.sql(
        "UPDATE outbox SET created_at = created_at - interval '20 days'"
        " WHERE bericht_id = ANY($1::uuid[])",
        ids,
    )
    async with installation.locked("LOCK TABLE log_records IN EXCLUSIVE MODE", SWEEPER) as wanted:
        await installation.run(WORKERS)
        await wanted()
        installation.scene.kill(victim)
    waiting = "SELECT count(*) = 0 FROM outbox WHERE status = 'wachtend'"
    await installation.until_sql(waiting, "the messages are parked")
    assert sorted(await told_as_parked(installation, ids)) == sorted(ids)
    assert await installation.findings() == NOTHING  # visibly parked is not lost
    await installation.run(RECEIVER)
    await installation.drained()
    assert await installation.findings() == NOTHING


async def notices_reach(
    installation: Installation, push_receiver: PushReceiver, ids: list[str]
) -> None:
    """Check that every notice is delivered, that none delivers a message, and collect these."""
    await installation.end_leases()
    await installation.until_sql(NOTICES_ARE_OUT, "the notices are out")
    assert set(ids) <= set(push_receiver.heard)
    rows = await installation.sql(
        "SELECT DISTINCT push_status, status FROM outbox WHERE bericht_id = ANY($1::uuid[])", ids
    )
    assert [tuple(row) for row in rows] == [("bezorgd", "wachtend")]
    await installation.run(RECEIVER)
    await installation.drained()
    assert await installation.findings() == NOTHING


async def told_as_parked(installation: Installation, ids: list[str]) -> list[str]:
    """Give which of these the school was told of, as often as it was."""
    answer = await installation.clients[ROTTERDAM.sender].get(
        "/v1/terugmeldingen", params={"vestigingscode": ROTTERDAM.vestigingscode, "limit": "500"}
    )
    told = answer.json()["terugmeldingen"]
    return [
        one["berichtId"]
        for one in told
        if one["status"] == "geparkeerd" and one["berichtId"] in ids
    ]
