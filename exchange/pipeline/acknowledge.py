"""The way out, step 2: record what became of each notice, and when it is due again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol

from exchange.policy.retries import next_attempt
from exchange.ports import Clock, PushOutcome
from exchange.storage import forwarding, release_notices
from exchange.storage.database import Database
from exchange.storage.rows import DuePush


class Attempt(Protocol):
    """One notice that was tried."""

    @property
    def due(self) -> DuePush:
        """The notice, with how often it was tried before."""

    @property
    def outcome(self) -> PushOutcome:
        """What came of it now."""


async def acknowledge(attempts: Sequence[Attempt], database: Database, clock: Clock) -> None:
    """Write the outcomes; a notice is not a delivery, so the message itself does not change."""
    if not attempts:
        return
    now = clock.now()
    async with database.transaction() as conn:
        for attempt in attempts:
            delivered = attempt.outcome is PushOutcome.DELIVERED
            made = attempt.due.attempt + 1
            due_at = None if delivered else next_attempt(made, now, random.random())  # noqa: S311  # nosec B311  spreads load
            of_release = attempt.due.rol is None
            note = release_notices.record_notice if of_release else forwarding.record_push
            await note(conn, attempt.due, delivered=delivered, next_due_at=due_at, attempt=made)
