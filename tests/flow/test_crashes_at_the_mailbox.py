"""SIGKILL between every two steps of collecting and of taking back, on both sides of the wire."""

from __future__ import annotations

import asyncio

import pytest

from tests.flow.installation import NOTHING, Installation, receiver_of
from tests.flow.killable import GATEWAY
from tests.flow.ledger import Acked
from tests.flow.orders import POSTGRES
from tests.flow.points import AT_THE_MAILBOX, AT_THE_RECEIVER
from tests.flow.schools import ALKMAAR

RECEIVER = receiver_of(ALKMAAR.recipient)
NUMBER_OF_SIGNALEN = 5

by_victim = pytest.mark.parametrize("victim", [GATEWAY, POSTGRES])


@by_victim
@pytest.mark.parametrize("point", AT_THE_MAILBOX)
async def test_a_kill_while_a_message_is_collected_loses_and_doubles_nothing(
    installation: Installation, point: str, victim: str
) -> None:
    await installation.send_while_killing(point, victim)
    await installation.drained()
    assert await installation.findings() == NOTHING


@pytest.mark.parametrize("point", AT_THE_RECEIVER)
async def test_a_receiver_killed_between_two_steps_takes_each_message_once(
    installation: Installation, point: str
) -> None:
    installation.order(RECEIVER, point, RECEIVER, passage=2)
    await installation.schools.send(NUMBER_OF_SIGNALEN)
    await installation.carried_out(RECEIVER)
    await installation.drained()
    assert await installation.findings() == NOTHING


async def test_a_receiver_killed_after_writing_down_and_before_acknowledging_takes_it_once(
    installation: Installation,
) -> None:
    installation.order(GATEWAY, "acknowledgement arrives", RECEIVER, passage=2, drop=True)
    await installation.schools.send(NUMBER_OF_SIGNALEN)
    await installation.carried_out(GATEWAY)
    await installation.drained()
    assert await installation.findings() == NOTHING


@by_victim
@pytest.mark.parametrize("point", ["8 written", "8 committed"])
async def test_a_kill_while_waiting_messages_are_taken_back_delivers_none_of_them(
    installation: Installation, point: str, victim: str
) -> None:
    await installation.rest(RECEIVER)
    messages = await installation.schools.send(3)
    await withdraw_while_killing(installation, point, victim, messages)
    await installation.run(RECEIVER)
    await installation.drained()
    assert await installation.findings() == NOTHING
    arrived = {effect.bericht_id for effect in installation.effects()}
    assert not arrived & {message.bericht_id for message in messages}


@by_victim
@pytest.mark.parametrize("point", ["8 written", "8 committed"])
async def test_a_kill_while_collected_messages_are_taken_back_tells_their_recipient_once(
    installation: Installation, point: str, victim: str
) -> None:
    messages = await installation.schools.send(3)
    await installation.drained()
    withdrawals = await withdraw_while_killing(installation, point, victim, messages)
    await installation.drained()
    assert await installation.findings() == NOTHING
    arrived = [effect.bericht_id for effect in installation.effects()]
    assert [arrived.count(withdrawal.bericht_id) for withdrawal in withdrawals] == [1, 1, 1]


async def withdraw_while_killing(
    installation: Installation, point: str, victim: str, messages: list[Acked]
) -> list[Acked]:
    """Take messages back at the same time, and kill at a point of the second."""
    installation.order(GATEWAY, point, victim, passage=2)
    withdrawing = (installation.schools.withdraw(ALKMAAR, message) for message in messages)
    withdrawals = await asyncio.gather(*withdrawing)
    await installation.carried_out(GATEWAY)
    return withdrawals
