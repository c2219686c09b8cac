"""SIGKILL between every two steps of the way in, judged by the ledger outside (promise P1)."""

from __future__ import annotations

import asyncio

import pytest

from tests.flow.installation import NOTHING, Installation
from tests.flow.killable import GATEWAY
from tests.flow.orders import POSTGRES
from tests.flow.points import AFTER_THE_COMMIT, BEFORE_THE_COMMIT

WRITTEN_IN_STEP_8 = (
    "idempotency",
    "natural_keys",
    "messages",
    "tally_due",
    "outbox",
    "log_records",
)

by_victim = pytest.mark.parametrize("victim", [GATEWAY, POSTGRES])


@by_victim
@pytest.mark.parametrize("point", BEFORE_THE_COMMIT)
async def test_a_kill_before_the_commit_loses_and_doubles_nothing(
    installation: Installation, point: str, victim: str
) -> None:
    await installation.send_while_killing(point, victim)
    await installation.drained()
    assert await installation.findings() == NOTHING


@by_victim
@pytest.mark.parametrize("table", WRITTEN_IN_STEP_8)
async def test_a_kill_between_two_statements_of_step_8_leaves_nothing_of_it(
    installation: Installation, table: str, victim: str
) -> None:
    lock = f"LOCK TABLE {table} IN EXCLUSIVE MODE"
    async with installation.locked(lock, "exchange_gateway") as wanted:
        sending = asyncio.create_task(installation.schools.send(1))
        await wanted()
        installation.scene.kill(victim)
    await sending
    await installation.drained()
    assert await installation.findings() == NOTHING


@by_victim
@pytest.mark.parametrize("point", AFTER_THE_COMMIT)
async def test_a_kill_after_the_commit_loses_and_doubles_nothing(
    installation: Installation, point: str, victim: str
) -> None:
    answers = await installation.send_while_killing(point, victim)
    if victim == GATEWAY and point != "receipt sent":
        assert any(answer.replayed for answer in answers), "what was stored was not recognised"
    await installation.drained()
    assert await installation.findings() == NOTHING
