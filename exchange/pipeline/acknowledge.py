"""The way out, step 2: record what became of each notice, and when it is due again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from exchange.policy.retries import next_attempt
from exchange.ports import Clock, PushOutcome
from exchange.storage import forwarding, release_notices
from exchange.storage.database import Database
from exchange.storage.forwarding import PushResult
from exchange.storage.lane import Lane
from exchange.storage.rows import DuePush

_CALLS_AT_ONCE = 16
"""Few: whose call is recorded is leased for again while others are still being recorded."""

_CALLS_WAITING = 20_000

Outcomes: TypeAlias = Lane[Sequence[PushResult], None]
"""Where the outcomes of calls gather: what ends in the same moment is recorded together."""


class Attempt(Protocol):
    """One notice of a call."""

    @property
    def due(self) -> DuePush:
        """The notice, with how often it was tried before."""

    @property
    def outcome(self) -> PushOutcome | None:
        """What came of it now; None when it was not tried."""


def recording_in(database: Database) -> Outcomes:
    """Give where the outcomes of calls are recorded; one of these for a worker."""

    async def record(calls: Sequence[Sequence[PushResult]]) -> Sequence[None]:
        results = [result for call in calls for result in call]
        async with database.transaction() as conn:
            await forwarding.record_pushes(conn, [r for r in results if r.due.rol is not None])
            await release_notices.record_notices(conn, [r for r in results if r.due.rol is None])
        return [None] * len(calls)

    return Lane(record, most=_CALLS_AT_ONCE, waiting=_CALLS_WAITING)


async def acknowledge(attempts: Sequence[Attempt], outcomes: Outcomes, clock: Clock) -> None:
    """Write the outcomes; a notice is not a delivery, so the message itself does not change."""
    now = clock.now()
    await outcomes.pass_through([_result(attempt, now) for attempt in attempts])


def _result(attempt: Attempt, now: datetime) -> PushResult:
    due, outcome = attempt.due, attempt.outcome
    if outcome is None:
        return PushResult(due, "wachtend", due.attempt)
    made = due.attempt + 1
    if outcome is PushOutcome.DELIVERED:
        return PushResult(due, "bezorgd", made)
    again = next_attempt(made, now, random.random())  # noqa: S311  # nosec B311  spreads load
    return PushResult(due, "wachtend" if again else "opgegeven", made, again)
