"""The lane: together when many come, alone when something is wrong, and nobody is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field

import pytest

from exchange.errors import Code, Fault, Refused, Unavailable
from exchange.storage.lane import Lane


@dataclass
class Runs:
    """Does the work of a lane: notes every run, waits where told, fails for whom is told."""

    bad: dict[int, BaseException] = field(default_factory=dict)
    runs: list[list[int]] = field(default_factory=list)
    gate: asyncio.Event | None = None
    at_once: int = 0
    started: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, items: Sequence[int]) -> list[str]:
        """Answer each item with its own words, or raise for the first bad one."""
        self.runs.append(list(items))
        self.started.set()
        self.at_once += 1
        assert self.at_once == 1, "two runs at once"
        try:
            await (self.gate.wait() if self.gate else asyncio.sleep(0))
            for item in items:
                if item in self.bad:
                    raise self.bad[item]
            return [f"answer {item}" for item in items]
        finally:
            self.at_once -= 1


async def passed(lane: Lane[int, str], items: Sequence[int]) -> list[str | BaseException]:
    """Send all at the same moment and give what each got."""
    return await asyncio.gather(*map(lane.pass_through, items), return_exceptions=True)


def codes(answers: Sequence[str | BaseException]) -> list[object]:
    """Give answers as they are, and of each error its code."""
    return [getattr(answer, "code", answer) for answer in answers]


async def test_who_comes_alone_goes_at_once() -> None:
    runs = Runs()
    assert await Lane(runs).pass_through(1) == "answer 1"
    assert runs.runs == [[1]]


async def test_who_come_together_share_a_run_and_have_their_own_answers() -> None:
    runs = Runs()
    assert await passed(Lane(runs), [3, 1, 2]) == ["answer 3", "answer 1", "answer 2"]
    assert runs.runs == [[3, 1, 2]]


async def test_who_come_while_a_run_is_in_flight_go_with_the_next() -> None:
    runs = Runs(gate=asyncio.Event())
    lane = Lane(runs)
    async with asyncio.TaskGroup() as group:
        for item in range(3):
            group.create_task(lane.pass_through(item))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert runs.runs == [[0]]
        assert runs.gate
        runs.gate.set()
    assert runs.runs == [[0], [1, 2]]


async def test_a_run_takes_no_more_than_the_most_and_the_others_follow_in_order() -> None:
    runs = Runs()
    await passed(Lane(runs, most=3), range(8))
    assert runs.runs == [[0, 1, 2], [3, 4, 5], [6, 7]]


async def test_one_more_than_may_wait_is_unavailable_at_once_and_the_others_are_served() -> None:
    runs = Runs(gate=asyncio.Event())
    lane = Lane(runs, waiting=2)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(lane.pass_through(0))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        others = [group.create_task(lane.pass_through(item)) for item in (1, 2)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable) as refused:
            await lane.pass_through(3)
        assert runs.gate
        runs.gate.set()
    assert refused.value.code is Code.DIENST_ONBESCHIKBAAR
    assert [task.result() for task in (first, *others)] == ["answer 0", "answer 1", "answer 2"]
    assert runs.runs == [[0], [1, 2]]


async def test_a_bad_item_fails_alone_with_its_own_error() -> None:
    bad = Refused(Code.AL_GEMELD, berichtId="1")
    runs = Runs(bad={1: bad})
    answers = await passed(Lane(runs), [0, 1, 2])
    assert answers == ["answer 0", bad, "answer 2"]
    assert runs.runs == [[0, 1, 2], [0], [1], [2]]


async def test_an_error_that_is_no_exchange_error_reaches_its_caller_as_it_is() -> None:
    answers = await passed(Lane(Runs(bad={0: ZeroDivisionError()})), [0, 1])
    assert [type(answer) for answer in answers] == [ZeroDivisionError, str]


async def test_what_is_away_for_two_in_a_row_is_not_asked_again_for_each_of_hundreds() -> None:
    away: dict[int, BaseException] = {
        n: Unavailable(Code.LOGBOEK_ONBESCHIKBAAR) for n in range(100)
    }
    runs = Runs(bad=away)
    answers = await passed(Lane(runs), range(100))
    assert set(codes(answers)) == {Code.LOGBOEK_ONBESCHIKBAAR}
    assert len(set(map(id, answers))) == len(answers)
    assert runs.runs == [list(range(100)), [0], [1]]


async def test_what_is_away_for_one_is_asked_again_for_the_next() -> None:
    away: dict[int, BaseException] = {n: Unavailable(Code.DIENST_ONBESCHIKBAAR) for n in (0, 2, 4)}
    answers = await passed(Lane(Runs(bad=away)), range(5))
    lost = Code.DIENST_ONBESCHIKBAAR
    assert codes(answers) == [lost, "answer 1", lost, "answer 3", lost]


async def test_a_caller_that_is_cancelled_before_its_run_takes_no_part_in_it() -> None:
    runs = Runs(gate=asyncio.Event())
    lane = Lane(runs)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(lane.pass_through(item)) for item in range(4)]
        await asyncio.sleep(0)
        tasks[2].cancel()
        await asyncio.sleep(0)
        assert runs.gate
        runs.gate.set()
    assert [task.cancelled() for task in tasks] == [False, False, True, False]
    assert runs.runs in ([[0, 1, 3]], [[0], [1, 3]], [[0, 1, 2, 3]])
    assert [tasks[n].result() for n in (0, 1, 3)] == ["answer 0", "answer 1", "answer 3"]


async def test_a_caller_that_is_cancelled_in_the_queue_is_forgotten() -> None:
    runs = Runs(gate=asyncio.Event())
    lane = Lane(runs)
    async with asyncio.TaskGroup() as group:
        group.create_task(lane.pass_through(0))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting = [group.create_task(lane.pass_through(item)) for item in (1, 2)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        assert runs.gate
        runs.gate.set()
    assert runs.runs == [[0], [2]]


async def test_a_caller_that_is_cancelled_during_its_run_harms_nobody() -> None:
    runs = Runs(gate=asyncio.Event())
    lane = Lane(runs)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(lane.pass_through(item)) for item in range(3)]
        await runs.started.wait()
        tasks[0].cancel()
        await asyncio.sleep(0)
        assert runs.gate
        runs.gate.set()
    assert [task.cancelled() for task in tasks] == [True, False, False]
    assert [task.result() for task in tasks[1:]] == ["answer 1", "answer 2"]
    assert runs.runs == [[0, 1, 2]]


async def test_who_left_during_a_run_that_fails_is_not_tried_alone() -> None:
    runs = Runs(bad={2: Refused(Code.AL_GEMELD)}, gate=asyncio.Event())
    lane = Lane(runs)
    tasks = [asyncio.create_task(lane.pass_through(item)) for item in range(3)]
    await runs.started.wait()
    tasks[0].cancel()
    await asyncio.sleep(0)
    assert runs.gate
    runs.gate.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert codes(answers)[1:] == ["answer 1", Code.AL_GEMELD]
    assert runs.runs == [[0, 1, 2], [1], [2]]


async def test_a_run_that_hangs_is_given_up_and_not_repeated_and_the_lane_goes_on() -> None:
    runs = Runs(gate=asyncio.Event())
    lane = Lane(runs, seconds=0.01)
    assert set(codes(await passed(lane, [0, 1]))) == {Code.DIENST_ONBESCHIKBAAR}
    assert runs.runs == [[0, 1]]
    runs.gate = None
    assert await lane.pass_through(2) == "answer 2"


async def test_one_that_takes_too_long_alone_is_told_so_and_no_other_waits_as_long() -> None:
    runs: list[list[int]] = []

    async def run(items: Sequence[int]) -> list[str]:
        runs.append(list(items))
        if len(items) > 1:
            raise Fault("together")
        await asyncio.Event().wait()
        return []

    answers = await passed(Lane(run, seconds=0.05), range(5))
    assert codes(answers) == 5 * [Code.DIENST_ONBESCHIKBAAR]
    assert runs == [[0, 1, 2, 3, 4], [0]]


async def test_a_time_out_of_the_run_itself_is_an_error_like_any_other() -> None:
    runs = Runs(bad={0: TimeoutError()})
    answers = await passed(Lane(runs), [0, 1])
    assert [type(answer) for answer in answers] == [TimeoutError, str]


async def test_a_run_that_cancels_itself_is_a_fault_of_its_own_item() -> None:
    answers = await passed(Lane(Runs(bad={1: asyncio.CancelledError()})), [0, 1, 2])
    assert codes(answers) == ["answer 0", Code.INTERNE_FOUT, "answer 2"]


@pytest.mark.parametrize("by", [-1, 1])
async def test_a_wrong_number_of_answers_is_a_fault_for_all(by: int) -> None:
    async def run(items: Sequence[int]) -> list[str]:
        return ["answer"] * (len(items) + by)

    answers = await passed(Lane(run), [0, 1])
    assert all(isinstance(answer, Fault) for answer in answers)


async def test_when_the_gateway_stops_everybody_is_told_and_nobody_hangs() -> None:
    runs = Runs(gate=asyncio.Event())
    lane = Lane(runs, most=2)
    before = asyncio.all_tasks()
    tasks = [asyncio.create_task(lane.pass_through(item)) for item in range(5)]
    await runs.started.wait()
    for task in asyncio.all_tasks() - before - set(tasks):
        task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert set(codes(answers)) == {Code.DIENST_ONBESCHIKBAAR}
    runs.gate = None
    assert await lane.pass_through(6) == "answer 6"


def test_the_end_of_a_loop_leaves_a_lane_that_works_in_the_next() -> None:
    runs = Runs()
    lane = Lane(runs)

    async def stopped() -> None:
        runs.gate = asyncio.Event()
        task = asyncio.create_task(lane.pass_through(0))
        await runs.started.wait()
        task.cancel()

    asyncio.run(stopped())
    runs.gate = None
    assert asyncio.run(lane.pass_through(1)) == "answer 1"


async def test_a_run_knows_nothing_of_the_request_that_happened_to_start_it() -> None:
    about = ContextVar("about", default="nobody")
    seen: list[str] = []

    async def run(items: Sequence[int]) -> list[str]:
        seen.append(about.get())
        return [""] * len(items)

    about.set("a pupil")
    await Lane(run).pass_through(0)
    assert seen == ["nobody"]


async def test_no_item_waits_for_a_clock() -> None:
    """Every answer is there after a number of turns of the loop, in which no time can pass."""
    loop = asyncio.get_running_loop()
    timed: list[object] = []
    called = loop.call_at

    async def run(items: Sequence[int]) -> list[str]:
        return [""] * len(items)

    def watched(when: float, *args: object, **kwargs: object) -> asyncio.TimerHandle:
        timed.append(when - loop.time())
        return called(when, *args, **kwargs)  # type: ignore[arg-type]  # passed on as it came

    lane = Lane(run)
    loop.call_at = watched  # type: ignore[method-assign]  # asyncio's own, for one test
    try:
        task = asyncio.create_task(lane.pass_through(0))
        for _ in range(5):
            await asyncio.sleep(0)
        assert task.done()
    finally:
        del loop.call_at
    assert all(isinstance(delay, float) and delay > 20 for delay in timed)
