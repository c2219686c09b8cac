"""Carries out the retention terms that no other worker carries out, and reports all of them (P9).

Each batch is a transaction of its own that counts what it deletes in the same commit; the report is
a log record over all that was counted since the last one, also by the sweep and the months. A kill
at any moment leaves a state that the next run goes on from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from exchange.accountability.erasure import erase_texts
from exchange.accountability.ledger import append_record
from exchange.accountability.record import Action, Happening, LogRecord, record
from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.policy.calendar import legal_day
from exchange.policy.law import Law
from exchange.policy.retention import Cutoffs, cutoffs, is_past_term, out_of_backups
from exchange.ports import Clock, Ids, KeyProvider
from exchange.storage import key_destructions, purging, removals, terms
from exchange.storage.database import Connection, Database
from exchange.telemetry.events import KEYS_DESTROYED, RETENTION_APPLIED, emit
from exchange.telemetry.trace import trace_of

_ACTIVITY = "bewaartermijnen/1"
_MESSAGES_AT_ONCE = 300  # each takes its parcels, reports and scope along
_LINKS_AT_ONCE = 5_000
_ROWS_AT_ONCE = 1_000
_TEXTS_AT_ONCE = 1_000
_KEYS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Purger:
    """Forgets one batch of every store at a time, as the purge role; one runs at once."""

    database: Database
    keys: KeyProvider
    clock: Clock
    ids: Ids
    law: Law

    async def purge(self) -> int:
        """Forget one batch of each store, and report when nothing is left; give how much went."""
        now = self.clock.now()
        today, cut = legal_day(now), cutoffs(now, self.law)
        gone = 0
        for step in (_messages, _links, self._log_text, _rows):
            async with self.database.transaction(today=today) as conn:
                if await purging.alone(conn):
                    gone += await removals.count(conn, await step(conn, cut))
        gone += await self._destroy_keys(cut.schooljaar, now)
        if not gone:
            await self._end_schooljaren(cut.schooljaar, now)
            await self._report(now)
        return gone

    async def _log_text(self, conn: Connection, cut: Cutoffs) -> Mapping[str, int]:
        return {"log_records": await erase_texts(conn, self.keys, cut, _TEXTS_AT_ONCE)}

    async def _destroy_keys(self, oldest: Schooljaar, now: datetime) -> int:
        """Destroy keys under which nothing lies any more, then say so in the log, one by one."""
        async with self.database.transaction() as conn:
            await terms.by_index(conn)
            due = await key_destructions.due(conn, oldest, _KEYS_AT_ONCE)
        destroyed = 0
        for vestiging, schooljaar in due:
            if not is_past_term(schooljaar, legal_day(now), self.law):
                continue
            self.keys.destroy(vestiging, schooljaar)
            destroyed += await self._strike(vestiging, schooljaar, now)
        if destroyed:
            emit(KEYS_DESTROYED, count=destroyed)
        return destroyed

    async def _end_schooljaren(self, oldest: Schooljaar, now: datetime) -> None:
        """End what the keys of a schooljaar have in common, once each of them went on the record.

        That is safe to repeat, and repeated: an older copy of the key store may have been put back.
        """
        async with self.database.transaction() as conn:
            await terms.by_index(conn)
            over = await key_destructions.over(conn, oldest)
        for schooljaar in over:
            if is_past_term(schooljaar, legal_day(now), self.law):
                self.keys.end_schooljaar(schooljaar)

    async def _strike(
        self, vestiging: Vestigingscode, schooljaar: Schooljaar, now: datetime
    ) -> int:
        told = {"vestigingscode": str(vestiging), "schooljaar": str(schooljaar)}
        made = self._record(Action.SLEUTEL_VERNIETIGD, now, told)
        async with self.database.transaction() as conn:
            struck = await key_destructions.strike(conn, vestiging, schooljaar, now, made.entry)
            if struck:
                await append_record(conn, made)
                await removals.count(conn, {"key_destructions": 1})
        return int(struck)

    async def _report(self, now: datetime) -> None:
        async with self.database.transaction() as conn:
            removed = await removals.take_unreported(conn)
            if removed:
                told = _told(removed, legal_day(now), self.law)
                made = self._record(Action.BEWAARTERMIJN_UITGEVOERD, now, told)
                await append_record(conn, made)
        for store, count in removed.items():
            emit(RETENTION_APPLIED, store=store, count=count)

    def _record(self, action: Action, now: datetime, told: Mapping[str, Any]) -> LogRecord:
        happening = Happening(
            action=action,
            activiteit=_ACTIVITY,
            actor=None,
            namens=None,
            trace=trace_of({}),
            started_at=now,
            ended_at=now,
            bijzonderheden=told,
        )
        return record(happening, self.keys, self.ids)


async def _messages(conn: Connection, cut: Cutoffs) -> Mapping[str, int]:
    return await purging.forget_messages(conn, cut, _MESSAGES_AT_ONCE)


async def _links(conn: Connection, cut: Cutoffs) -> Mapping[str, int]:
    return {"subject_link": await purging.forget_links(conn, cut.schooljaar, _LINKS_AT_ONCE)}


async def _rows(conn: Connection, cut: Cutoffs) -> Mapping[str, int]:
    return {store: await terms.forget(conn, store, cut, _ROWS_AT_ONCE) for store in terms.FORGOTTEN}


def _told(removed: Mapping[str, int], today: date, law: Law) -> Mapping[str, Any]:
    """Say what went, and from which day no backup holds it any more."""
    gone_from_backups = out_of_backups(today, law).isoformat()
    return {"verwijderd": dict(removed), "uitReservekopieenOp": gone_from_backups}
