"""Keeps notices going out: every recipient at its own pace, none waiting for another.

There is no number of places that recipients share, so there is none to take from another:

- Every recipient in the register has one call of its own at a time, however many others hang.
- Whose last call went well may have a few notices in the next one, and more with each
  (``Patience``), while fewer than ``CROWD`` recipients are being called. They are sent ``EACH`` at
  once, so the connections are at most one for each recipient and a few more, and a notice never
  waits for one to come free.
- Who failed rests, from a second to a minute, however much is due: a recipient that refuses at once
  with hundreds of notices waiting would otherwise keep the worker busy all day. Each notice has its
  own schedule beside that (``policy/retries.py``).
- Leases go round the recipients, and what came of calls that end together is recorded together.

Destinations come from the register of parties and from nowhere else, so an operator decides how
many there are: no message and no answer can add one.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from time import monotonic

from exchange.errors import ExchangeError
from exchange.messages.identifiers import Oin
from exchange.pipeline.acknowledge import recording_in
from exchange.pipeline.flow import deliver
from exchange.pipeline.forward import AT_ONCE as EACH
from exchange.ports import Clock, PushSender
from exchange.storage import forwarding, release_notices
from exchange.storage.database import Database
from exchange.storage.forwarding import Turn
from exchange.storage.rows import DuePush
from exchange.telemetry.events import DEPENDENCY_LOST, emit
from exchange.workers.patience import Patience

LEASE_SECONDS = 60
CROWD = 64
BATCH = 512
_AFTER_NOTHING_SECONDS = 0.02
"""The rest after a look that found nothing: many messages for who has no address are one look."""

_RELEASES_SECONDS = 1.0
"""Between two looks for notices of releases, of which there are a few a month."""

__all__ = ["BATCH", "CROWD", "EACH", "Forwarder"]


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
        self._outcomes = recording_in(database)
        self._under_way: dict[Oin, asyncio.Task[None]] = {}
        self._rest_until = 0.0
        self._releases_at = 0.0

    async def work(self) -> int:
        """Set going what is due; give how many notices that is if there may be more."""
        await asyncio.sleep(self._rest_until - monotonic())
        due = await self._lease()
        by_recipient: defaultdict[Oin, list[DuePush]] = defaultdict(list)
        for one in due:
            by_recipient[one.recipient].append(one)
        for recipient, notices in by_recipient.items():
            self._under_way[recipient] = asyncio.create_task(self._send(recipient, notices))
        self._rest_until = 0.0 if due else monotonic() + _AFTER_NOTHING_SECONDS
        # Leases go round: who got a second notice shows that nobody was left without a first.
        return len(due) if len(by_recipient) >= BATCH else 0

    async def close(self) -> None:
        """Give up what is under way; its leases run out and it is sent again."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _lease(self) -> Sequence[DuePush]:
        now, turn = self._clock.now(), self._turn()
        async with self._database.transaction() as conn:
            due = list(await forwarding.lease_pushes(conn, now, LEASE_SECONDS, turn))
            if monotonic() >= self._releases_at:
                notices = await release_notices.lease_notices(conn, now, LEASE_SECONDS, turn)
                self._releases_at = 0.0 if notices else monotonic() + _RELEASES_SECONDS
                due += notices
        return due

    def _turn(self) -> Turn:
        crowded = len(self._under_way) >= CROWD
        proven = {} if crowded else self._patience.proven()
        left_alone = (*self._under_way, *self._patience.resting())
        return Turn(BATCH, 1, {**proven, **dict.fromkeys(left_alone, 0)})

    async def _send(self, recipient: Oin, notices: Sequence[DuePush]) -> None:
        try:
            answered = await deliver(notices, self._sender, self._outcomes, self._clock)
            self._patience.note(recipient, answered=answered)
        except ExchangeError as error:
            emit(DEPENDENCY_LOST, part="forwarder", error=type(error).__name__)
        finally:
            del self._under_way[recipient]
            self._freed.set()
