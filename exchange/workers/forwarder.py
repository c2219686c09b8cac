"""Keeps notices going out: every recipient at its own pace, none waiting for another.

There is no number of places that recipients share, so there is none to take from another:

- Every recipient in the register has one call of its own at a time, however many others hang.
- Whose last call went well (``Patience``) may have ``EACH`` at once, while fewer than ``CROWD``
  recipients are being called. So the connections are at most one for each recipient and a few more,
  and a notice never waits for one to come free.
- Who failed rests, from a second to a minute, however much is due: a recipient that refuses at once
  with hundreds of notices waiting would otherwise keep the worker busy all day. Each notice has its
  own schedule beside that (``policy/retries.py``).
- Leases go round the recipients, and outcomes are recorded a few at a time, in turn.

Destinations come from the register of parties and from nowhere else, so an operator decides how
many there are: no message and no answer can add one.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import TypedDict

from exchange.errors import ExchangeError
from exchange.messages.identifiers import Oin
from exchange.pipeline.flow import deliver
from exchange.ports import Clock, PushSender
from exchange.storage import forwarding, release_notices
from exchange.storage.database import Database
from exchange.storage.rows import DuePush
from exchange.telemetry.events import DEPENDENCY_LOST, emit
from exchange.workers.patience import Patience

LEASE_SECONDS = 60
EACH = 4
CROWD = 64
BATCH = 64
_RECORDING = 4


class Forwarder:
    """Leases notices for recipients that have none under way, and sends them on the side.

    ``freed`` is set whenever a recipient is done, so that the loop looks at once for more.
    """

    def __init__(
        self,
        database: Database,
        sender: PushSender,
        clock: Clock,
        freed: asyncio.Event,
        patience: Patience | None = None,
    ) -> None:
        """Start with nothing under way."""
        self._database = database
        self._sender = sender
        self._clock = clock
        self._freed = freed
        self._patience = patience or Patience()
        self._recording = asyncio.Semaphore(_RECORDING)
        self._under_way: dict[Oin, asyncio.Task[None]] = {}

    async def work(self) -> int:
        """Set going what is due; give how many notices that is."""
        now, due = self._clock.now(), list[DuePush]()
        terms = self._terms()
        async with self._database.transaction() as conn:
            for lease in (forwarding.lease_pushes, release_notices.lease_notices):
                due += await lease(conn, now, LEASE_SECONDS, BATCH, **terms)
        by_recipient: defaultdict[Oin, list[DuePush]] = defaultdict(list)
        for one in due:
            by_recipient[one.recipient].append(one)
        for recipient, notices in by_recipient.items():
            self._under_way[recipient] = asyncio.create_task(self._send(recipient, notices))
        return len(due)

    async def close(self) -> None:
        """Give up what is under way; its leases run out and it is sent again."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _terms(self) -> _Terms:
        crowded = len(self._under_way) >= CROWD
        proven = () if crowded else tuple(self._patience.proven())
        busy = (*self._under_way, *self._patience.resting())
        return {"each": EACH, "proven": proven, "busy": busy}

    async def _send(self, recipient: Oin, notices: Sequence[DuePush]) -> None:
        try:
            answered = await deliver(
                notices, self._sender, self._database, self._clock, self._recording
            )
            self._patience.note(recipient, answered=answered)
        except ExchangeError as error:
            emit(DEPENDENCY_LOST, part="forwarder", error=type(error).__name__)
        finally:
            del self._under_way[recipient]
            self._freed.set()


class _Terms(TypedDict):
    """Whose notices are leased, and how many of each."""

    each: int
    proven: Sequence[Oin]
    busy: Sequence[Oin]
