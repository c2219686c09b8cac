"""Large deliveries: so many at a time, one of each party, and nobody waits for ever."""

from __future__ import annotations

import asyncio

import pytest

from exchange.errors import Code, Unavailable
from exchange.messages.identifiers import Oin
from exchange.pipeline.stages import Peer
from exchange.pipeline.turns import Turns

A, B, C = (Peer(Oin(f"00000099{n}00000000000"), "x5t") for n in (1, 2, 3))


class Working:
    """Counts who is at work, until they are told to leave."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.now = self.most = self.done = 0

    async def work(self, peer: Peer, moments: int = 3) -> None:
        """Hold a place while others have some moments to enter too."""
        async with self.turns.turn(peer):
            self.now += 1
            self.most = max(self.most, self.now)
            for _ in range(moments):
                await asyncio.sleep(0)
            self.now -= 1
            self.done += 1


async def test_so_many_are_worked_on_at_once_and_all_have_their_turn() -> None:
    working = Working(Turns(at_once=2))
    parties = [Peer(Oin(f"00000099{n}00000000000"), "x5t") for n in range(1, 8)]
    await asyncio.gather(*(working.work(peer) for peer in parties))
    assert (working.most, working.done) == (2, 7)


async def test_one_party_has_one_place_whatever_certificate_it_shows() -> None:
    working = Working(Turns(at_once=2))
    again = Peer(A.oin, "another-x5t")
    await asyncio.gather(*(working.work(peer) for peer in (A, again, A)))
    assert (working.most, working.done) == (1, 3)


async def test_a_party_that_waits_for_itself_leaves_the_place_to_its_neighbour() -> None:
    turns = Turns(at_once=2, most_seconds=5)
    working = Working(turns)
    async with turns.turn(A), asyncio.TaskGroup() as waiting:
        itself = waiting.create_task(working.work(A))
        await asyncio.sleep(0)
        await working.work(B)
        assert (itself.done(), working.done) == (False, 1)
        itself.cancel()


async def test_no_place_in_time_is_unavailable_and_costs_nobody_a_place() -> None:
    turns = Turns(at_once=2, most_seconds=0.01)
    async with turns.turn(A), turns.turn(B):
        for peer in (A, C):
            with pytest.raises(Unavailable) as refused:
                async with turns.turn(peer):
                    raise AssertionError("there was no place")
            assert refused.value.code is Code.DIENST_ONBESCHIKBAAR
    async with turns.turn(A), turns.turn(C):
        pass


async def test_a_delivery_that_fails_gives_its_place_back() -> None:
    turns = Turns(at_once=1, most_seconds=0.01)
    with pytest.raises(ZeroDivisionError):
        async with turns.turn(A):
            raise ZeroDivisionError
    async with turns.turn(A):
        pass
