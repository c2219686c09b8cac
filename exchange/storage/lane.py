"""Lets what comes at the same moment go through together: one run for all who wait.

Nobody waits for a timer: the first to come starts a run, and whoever comes while it is in flight
goes with the next one. So a lane is as quick as its run when it is quiet, and as cheap per item as
the run allows when it is busy (ADR 0022).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from exchange.errors import Code, Fault, Unavailable

Item = TypeVar("Item")
Answer = TypeVar("Answer")

_LONGEST_SECONDS = 30.0
_HOPELESS = 2
"""So many in a row that were tried alone and found the dependency away speak for the rest."""


class Lane(Generic[Item, Answer]):
    """One run at a time over all items that wait, in the order in which they came.

    ``run`` gives one answer per item, in their order, and does all of it or nothing: a run that
    raises is repeated item by item, so that nobody fails for a neighbour. At most ``most`` items
    go in a run, at most ``waiting`` wait for one, and a run has ``seconds`` to end.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        *,
        most: int = 256,
        waiting: int = 4096,
        seconds: float = _LONGEST_SECONDS,
    ) -> None:
        self._run = run
        self._most = most
        self._waiting = waiting
        self._seconds = seconds
        self._queue = OrderedDict[asyncio.Future[Answer], Item]()
        self._driver: asyncio.Task[None] | None = None

    async def pass_through(self, item: Item) -> Answer:
        """Give the answer to this item once its run has ended.

        A caller that is cancelled stops waiting; if no run has taken its item up yet, none will.

        Raises:
            Unavailable: ``dienst-onbeschikbaar``, when too many wait already, when the run takes
                too long, or when the gateway stops meanwhile. After the last two nobody knows
                whether the item took effect, as with a connection that is lost.
        """
        if len(self._queue) >= self._waiting:
            raise _unavailable("too many wait in the lane")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue[answer] = item
        if self._driver is None or self._driver.done():
            # In no caller's context: what one request is about says nothing of the others.
            self._driver = asyncio.create_task(self._drive(), context=Context())
        try:
            return await answer
        finally:
            self._queue.pop(answer, None)

    async def _drive(self) -> None:
        """Make runs until nobody waits; who is left when the gateway stops is told so."""
        batch: dict[asyncio.Future[Answer], Item] = {}
        try:
            while self._queue:
                size = min(self._most, len(self._queue))
                batch = dict(self._queue.popitem(last=False) for _ in range(size))
                await self._serve(batch)
        except BaseException:
            for answer in (*batch, *self._queue):
                _fail(answer, _unavailable("the lane was stopped"))
            self._queue.clear()
            raise

    async def _serve(self, batch: dict[asyncio.Future[Answer], Item]) -> None:
        """Give each its answer from a common run, or else from a run of its own."""
        error = await self._attempt(batch)
        if isinstance(error, _TookTooLong) or (error is not None and len(batch) == 1):
            for answer in batch:
                _fail(answer, _again(error))
        elif error is not None:
            await self._one_by_one(batch)

    async def _one_by_one(self, batch: dict[asyncio.Future[Answer], Item]) -> None:
        away = 0
        error: Exception | None = None
        for answer, item in batch.items():
            if answer.done():
                continue
            if away < _HOPELESS:
                error = await self._attempt({answer: item})
                away = away + 1 if isinstance(error, Unavailable) else 0
                away = _HOPELESS if isinstance(error, _TookTooLong) else away
            if error is not None:
                _fail(answer, _again(error))

    async def _attempt(self, batch: dict[asyncio.Future[Answer], Item]) -> Exception | None:
        """Make one run and hand out its answers, or give what went wrong."""
        limit = asyncio.timeout(self._seconds)
        try:
            async with limit:
                answers = await self._run(list(batch.values()))
        except asyncio.CancelledError:
            if _being_cancelled():
                raise
            return Fault("a run of a lane cancelled itself")
        except Exception as error:  # noqa: BLE001  # it goes to the caller that it belongs to
            return _TookTooLong() if limit.expired() else error
        if len(answers) != len(batch):
            return Fault("a run of a lane gave another number of answers than it had items")
        for waiting, answer in zip(batch, answers, strict=True):
            if not waiting.done():
                waiting.set_result(answer)
        return None


class _TookTooLong(Unavailable):
    """The run was given up: whether it took effect is not known, so it is not repeated."""

    def __init__(self) -> None:
        super().__init__(Code.DIENST_ONBESCHIKBAAR, reden="a run of the lane took too long")


def _fail(answer: asyncio.Future[Answer], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)


def _again(error: Exception) -> Exception:
    """Give each caller an error of its own: a traceback grows with every place that raises it."""
    return Unavailable(error.code, **error.facts) if isinstance(error, Unavailable) else error


def _being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _unavailable(reden: str) -> Unavailable:
    return Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=reden)
