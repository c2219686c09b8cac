"""SIGKILL between every two steps of the way in, judged by the ledger outside (promise P1)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import pytest

from tests.flow.installation import NOTHING, Installation
from tests.flow.killable import GATEWAY
from tests.flow.ledger import Acked
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


@by_victim
@pytest.mark.parametrize("point", ["8 written", "8 committed"])
async def test_a_kill_among_many_that_are_stored_together_leaves_each_whole_or_not_at_all(
    installation: Installation, point: str, victim: str
) -> None:
    installation.order(GATEWAY, point, victim, passage=10)
    answers = await installation.schools.send(24, at_once=12)
    await installation.carried_out(GATEWAY)
    await installation.schools.repeat(answers)
    assert await transactions_of(installation, answers) < len(answers), "none went together"
    await installation.drained()
    assert await installation.findings() == NOTHING


async def test_kills_at_any_moment_among_many_in_flight_lose_and_double_nothing(
    installation: Installation,
) -> None:
    sending = asyncio.create_task(installation.schools.send(36, at_once=12))
    for _ in range(2):
        await asyncio.sleep(random.uniform(0.1, 0.6))
        installation.scene.kill(GATEWAY)
        await installation.ready()
    answers = await sending
    await installation.schools.repeat(answers)
    await installation.drained()
    assert await installation.findings() == NOTHING


async def transactions_of(installation: Installation, answers: Sequence[Acked]) -> int:
    """Count in how many transactions these messages were stored."""
    (row,) = await installation.sql(
        "SELECT count(DISTINCT xmin::text) FROM messages WHERE bericht_id::text = ANY($1)",
        [answer.bericht_id for answer in answers],
    )
    return int(row[0])
