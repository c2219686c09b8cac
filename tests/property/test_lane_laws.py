"""The lane's laws, for any order of arrivals, failures and departures."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from exchange.errors import Code, Refused, Unavailable
from exchange.storage.lane import Lane


@dataclass(frozen=True)
class Caller:
    """One item: after how many turns it comes, and after how many more it goes away, if ever."""

    comes: int
    leaves: int | None
    bad: bool


@dataclass
class Ledger:
    """Takes effect as a database does: all items of a run, or none."""

    bad: frozenset[int]
    turns: int
    tries: list[tuple[int, ...]] = field(default_factory=list)
    effects: list[int] = field(default_factory=list)

    async def run(self, items: Sequence[int]) -> list[int]:
        """Write all, unless one is bad; it takes some turns of the loop."""
        self.tries.append(tuple(items))
        for _ in range(self.turns):
            await asyncio.sleep(0)
        for item in items:
            if item in self.bad:
                raise Refused(Code.AL_GEMELD, berichtId=str(item))
        self.effects += items
        return [item * 10 for item in items]


callers = st.builds(
    Caller,
    comes=st.integers(0, 6),
    leaves=st.none() | st.integers(0, 6),
    bad=st.booleans(),
)


async def _come(lane: Lane[int, int], number: int, caller: Caller) -> int:
    for _ in range(caller.comes):
        await asyncio.sleep(0)
    return await lane.pass_through(number)


async def _leave(task: asyncio.Task[int], caller: Caller) -> None:
    if caller.leaves is None:
        return
    for _ in range(caller.comes + caller.leaves):
        await asyncio.sleep(0)
    task.cancel()


async def _story(lane: Lane[int, int], people: Sequence[Caller]) -> list[int | BaseException]:
    tasks = [asyncio.create_task(_come(lane, n, caller)) for n, caller in enumerate(people)]
    leaving = [_leave(task, caller) for task, caller in zip(tasks, people, strict=True)]
    await asyncio.gather(*leaving)
    return await asyncio.gather(*tasks, return_exceptions=True)


@given(st.lists(callers, max_size=24), st.integers(1, 8), st.integers(1, 30), st.integers(0, 3))
def test_everyone_gets_what_it_would_have_got_alone(
    people: list[Caller], most: int, waiting: int, turns: int
) -> None:
    ledger = Ledger(frozenset(n for n, caller in enumerate(people) if caller.bad), turns)
    lane = Lane(ledger.run, most=most, waiting=waiting)
    answers = asyncio.run(_story(lane, people))
    for number, (caller, answer) in enumerate(zip(people, answers, strict=True)):
        match answer:
            case int():
                assert answer == number * 10
                assert not caller.bad
            case Refused():
                assert caller.bad
                assert answer.facts == {"berichtId": str(number)}
            case Unavailable():
                assert len(people) > waiting
                assert all(number not in tried for tried in ledger.tries)
            case _:
                assert isinstance(answer, asyncio.CancelledError)
                assert caller.leaves is not None


@given(st.lists(callers, max_size=24), st.integers(1, 8), st.integers(0, 3))
def test_an_item_takes_effect_once_and_only_if_it_can(
    people: list[Caller], most: int, turns: int
) -> None:
    ledger = Ledger(frozenset(n for n, caller in enumerate(people) if caller.bad), turns)
    answers = asyncio.run(_story(Lane(ledger.run, most=most), people))
    assert len(ledger.effects) == len(set(ledger.effects))
    assert not set(ledger.effects) & ledger.bad
    answered = {n for n, answer in enumerate(answers) if isinstance(answer, int)}
    assert answered <= set(ledger.effects)
    assert all(len(tried) <= most for tried in ledger.tries)


@given(st.lists(callers, max_size=24), st.integers(1, 8), st.integers(0, 3))
def test_items_take_effect_in_the_order_of_their_coming(
    people: list[Caller], most: int, turns: int
) -> None:
    ledger = Ledger(frozenset(), turns)
    asyncio.run(_story(Lane(ledger.run, most=most), people))
    came = sorted(ledger.effects, key=lambda n: (people[n].comes, n))
    assert ledger.effects == came
