"""The way out, step 1: send one recipient's notices, with no transaction open."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from exchange.ports import Push, PushOutcome, PushSender
from exchange.storage.rows import DuePush


@dataclass(frozen=True, slots=True)
class Attempted:
    """One notice that was tried, and what came of it."""

    due: DuePush
    outcome: PushOutcome


async def forward(due: Sequence[DuePush], sender: PushSender) -> Sequence[Attempted]:
    """Send leased notices side by side.

    A worker that dies here loses only its lease: after that another tries again, and a recipient
    that hears twice finds the same id.
    """
    return await asyncio.gather(*(_attempt(one, sender) for one in due))


async def _attempt(due: DuePush, sender: PushSender) -> Attempted:
    push = Push(url=due.url, recipient=due.recipient, subject=due.subject)
    return Attempted(due, await sender.send(push))
