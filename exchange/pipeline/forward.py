"""The way out, step 1: take the notices that are due and send them, with no transaction open."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from exchange.ports import Clock, Push, PushOutcome, PushSender
from exchange.storage import forwarding
from exchange.storage.database import Database
from exchange.storage.rows import DuePush

LEASE_SECONDS = 60
BATCH = 32


@dataclass(frozen=True, slots=True)
class Deliverer:
    """What the way out works with."""

    database: Database
    sender: PushSender
    clock: Clock


@dataclass(frozen=True, slots=True)
class Attempted:
    """One notice that was tried, and what came of it."""

    due: DuePush
    outcome: PushOutcome


async def forward(deliverer: Deliverer) -> Sequence[Attempted]:
    """Lease due notices, let go of the database, and send them side by side.

    A worker that dies here loses only its lease: after ``LEASE_SECONDS`` another tries again, and a
    recipient that hears twice finds the same id. One slow recipient delays only its own notice.
    """
    async with deliverer.database.transaction() as conn:
        due = await forwarding.lease_pushes(conn, deliverer.clock.now(), LEASE_SECONDS, BATCH)
    return await asyncio.gather(*(_attempt(one, deliverer.sender) for one in due))


async def _attempt(due: DuePush, sender: PushSender) -> Attempted:
    push = Push(url=due.url, recipient=due.recipient, bericht_id=due.bericht_id)
    return Attempted(due, await sender.send(push))
