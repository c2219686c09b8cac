"""Builds what an operator's command works with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import TypeVar

from adapters.push.destination import push_target
from adapters.system import SystemClock, SystemIds
from exchange.accountability.ledger import append_record
from exchange.accountability.record import Action, Happening, record
from exchange.bootstrap.database import open_database
from exchange.bootstrap.keys import open_keys
from exchange.config import Settings
from exchange.errors import Code, Refused
from exchange.messages.identifiers import Oin
from exchange.policy.calendar import legal_day
from exchange.policy.necessity import Mode
from exchange.policy.parties import Directory
from exchange.ports import Clock, Ids, KeyProvider
from exchange.storage.database import Connection, Database
from exchange.storage.directory import load_directory
from exchange.telemetry.trace import trace_of

Result = TypeVar("Result")
_ACTIVITY = "deelnemersbeheer/1"


@dataclass(frozen=True, slots=True)
class Administration:
    """What an operator's command works with."""

    database: Database
    clock: Clock
    ids: Ids
    keys: Callable[[], KeyProvider]
    mode: Mode

    async def directory(self) -> Directory:
        """Load the directory as it stands now."""
        async with self.database.transaction() as conn:
            return await load_directory(conn)

    async def note(self, conn: Connection, action: Action, party: Oin, **details: object) -> None:
        """Record a change of the directory in its own transaction: no record, no change (P8).

        The record names the party and not the operator, who is a person.
        """
        now = self.clock.now()
        happening = Happening(
            action=action,
            activiteit=_ACTIVITY,
            actor=None,
            namens=str(party),
            trace=trace_of({}),
            started_at=now,
            ended_at=now,
            bijzonderheden=details,
        )
        await append_record(conn, record(happening, self.keys(), self.ids))

    def require_of_mode(self, *oins: Oin) -> None:
        """Refuse a test party in production, and a real one in a trial (contract, section 7)."""
        for oin in oins:
            if oin.is_test is not (self.mode is Mode.TRIAL):
                kind = "a test OIN" if oin.is_test else "no test OIN (00000099...)"
                raise Refused(Code.WAARDE_ONGELDIG, rule=f"{oin} is {kind}; see EXCHANGE_MODE")

    def today(self) -> date:
        """Give the legal day."""
        return legal_day(self.clock.now())


def administer(settings: Settings, work: Callable[[Administration], Awaitable[Result]]) -> Result:
    """Run one operator's command with the rights of the operator's login."""

    async def main() -> Result:
        async with open_database(settings, "exchange_operator") as database:
            keys = cache(partial(open_keys, settings))
            return await work(
                Administration(database, SystemClock(), SystemIds(), keys, settings.mode)
            )

    return asyncio.run(main())


def require_push_url(url: str) -> None:
    """Raise ``Invalid`` unless notices may go to ``url``."""
    push_target(url)
