"""SIGKILL at every step of a delivery of registrations and of a verzuimmelding (promise P1)."""

from __future__ import annotations

import asyncio

import pytest

from tests.flow.deliveries import Receipt
from tests.flow.installation import NOTHING, Installation
from tests.flow.killable import GATEWAY
from tests.flow.ledger import Acked
from tests.flow.orders import POSTGRES
from tests.flow.points import AFTER_THE_COMMIT, BEFORE_THE_COMMIT
from tests.flow.schools import ALKMAAR

PER_PORTION = ("3 validate", "4 classify", "5 pseudonymise", "6 minimise", "7 encrypt")
STEPS = (*(point for point in BEFORE_THE_COMMIT if point[0].isdigit()), *AFTER_THE_COMMIT)
IN_STEP_8 = ("8 written", "8 committed")
UNKNOWN_TO_THE_SCHOOL = ("8 committed", "8 store", "receipt unsent", "receipt half sent")
WRITTEN_FOR_A_DELIVERY = (
    "idempotency",
    "month_sources",
    "registration_ids",
    "registrations",
    "tally_due",
    "messages",
    "message_scope",
    "log_records",
)

by_victim = pytest.mark.parametrize("victim", [GATEWAY, POSTGRES])


async def deliver_while_killing(installation: Installation, point: str, victim: str) -> Receipt:
    """Deliver, killing in the middle of the second portion or when all lines are together."""
    registers = installation.registers
    await registers.deliver(registers.delivery())
    passage = 2 if point in PER_PORTION else 1
    installation.order(GATEWAY, point, victim, passage=passage)
    delivery = registers.delivery()
    receipt = await registers.deliver(delivery)
    await installation.carried_out(GATEWAY)
    again = await registers.answered(delivery)
    assert (again.content, again.replayed) == (receipt.content, True)
    return receipt


async def require_all_is_counted_once(installation: Installation) -> None:
    """Compare the tables with the book, over everything that was ever delivered here."""
    await installation.drained()
    assert await installation.findings() == NOTHING
    assert await installation.registers.counted(installation.sql) == installation.registers.due()


@pytest.mark.parametrize("point", STEPS)
async def test_a_gateway_killed_during_a_delivery_counts_every_line_once(
    installation: Installation, point: str
) -> None:
    receipt = await deliver_while_killing(installation, point, GATEWAY)
    assert receipt.replayed == (point in UNKNOWN_TO_THE_SCHOOL)
    await require_all_is_counted_once(installation)


@pytest.mark.parametrize("point", IN_STEP_8)
async def test_a_database_killed_during_a_delivery_counts_every_line_once(
    installation: Installation, point: str
) -> None:
    await deliver_while_killing(installation, point, POSTGRES)
    await require_all_is_counted_once(installation)


@pytest.mark.parametrize("table", WRITTEN_FOR_A_DELIVERY)
async def test_a_database_killed_between_two_statements_of_a_delivery_leaves_nothing_of_it(
    installation: Installation, table: str
) -> None:
    registers = installation.registers
    async with installation.locked(
        f"LOCK TABLE {table} IN EXCLUSIVE MODE", "exchange_gateway"
    ) as wanted:
        sending = asyncio.create_task(registers.deliver(registers.delivery()))
        await wanted()
        installation.scene.kill(POSTGRES)
    receipt = await sending
    assert not receipt.replayed
    await require_all_is_counted_once(installation)


async def test_two_deliveries_about_the_same_numbers_killed_together_count_in_one_order(
    installation: Installation,
) -> None:
    registers = installation.registers
    installation.order(GATEWAY, "8 written", GATEWAY)
    one, other = registers.delivery(), registers.delivery()
    await asyncio.gather(registers.answered(one), registers.answered(other))
    await installation.carried_out(GATEWAY)
    standing = await registers.counted(installation.sql)
    orders = []
    for order in ((one, other), (other, one)):
        registers.enter(*order)
        orders.append(registers.due())
    assert standing in orders
    assert orders[0] != orders[1], "the two do not overlap: this proves nothing"
    last = registers.delivery()
    await registers.deliver(last)
    await installation.drained()
    assert await installation.findings() == NOTHING
    registers.enter(*((one, other, last) if standing == orders[0] else (other, one, last)))
    assert await registers.counted(installation.sql) == registers.due()


async def report_while_killing(installation: Installation, point: str, victim: str) -> list[Acked]:
    """Report a few pupils at the same time and kill; each is sent once more afterwards."""
    installation.order(GATEWAY, point, victim, passage=2)
    answers = await installation.schools.report_absence(3)
    await installation.carried_out(GATEWAY)
    await installation.schools.repeat(answers)
    return answers


@pytest.mark.parametrize(
    ("point", "victim"),
    [*((point, GATEWAY) for point in STEPS), *((point, POSTGRES) for point in IN_STEP_8)],
)
async def test_a_kill_during_a_verzuimmelding_delivers_it_and_restarts_the_count_once(
    installation: Installation, point: str, victim: str
) -> None:
    await report_while_killing(installation, point, victim)
    await require_all_is_counted_once(installation)


@by_victim
async def test_a_kill_before_the_count_is_written_leaves_nothing_of_the_verzuimmelding(
    installation: Installation, victim: str
) -> None:
    lock = "LOCK TABLE telstand IN EXCLUSIVE MODE"
    async with installation.locked(lock, "exchange_gateway") as wanted:
        sending = asyncio.create_task(installation.schools.report_absence(1))
        await wanted()
        installation.scene.kill(victim)
    (answer,) = await sending
    assert not answer.replayed
    await require_all_is_counted_once(installation)


@by_victim
@pytest.mark.parametrize("point", IN_STEP_8)
async def test_a_kill_while_a_verzuimmelding_is_taken_back_undoes_its_count_wholly_or_not(
    installation: Installation, point: str, victim: str
) -> None:
    (answer,) = await installation.schools.report_absence(1)
    installation.order(GATEWAY, point, victim)
    await installation.schools.withdraw(ALKMAAR, answer)
    await installation.carried_out(GATEWAY)
    await require_all_is_counted_once(installation)
