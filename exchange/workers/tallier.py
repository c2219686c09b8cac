"""Keeps the figures of vestigingen up to date with what schools sent."""

from __future__ import annotations

from dataclasses import dataclass

from exchange.figures.tally import fold
from exchange.policy.law import Law
from exchange.ports import Clock
from exchange.storage.database import Database


@dataclass(frozen=True, slots=True)
class Tallier:
    """Folds what changed since, one batch at a time.

    It looks by itself and is not called: a notice per delivery would have every commit wait for the
    one before it, and a month that changes a hundred times in five seconds is folded once.
    """

    database: Database
    clock: Clock
    law: Law

    async def work(self) -> int:
        """Fold one batch; give how many marks that took away."""
        return await fold(self.database, self.clock.now(), self.law)
