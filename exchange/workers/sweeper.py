"""What time does to messages: not fetched is parked, past its term lapses, done is erased (P9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from exchange.accountability.ledger import append_record
from exchange.accountability.record import Action, Happening, Subject, record
from exchange.messages.identifiers import Schooljaar
from exchange.policy.calendar import legal_day, working_days_before
from exchange.policy.law import Law, Parameters
from exchange.policy.retention import oldest_kept
from exchange.ports import Clock, Ids, KeyProvider
from exchange.storage import mailbox, removals, sweeping
from exchange.storage.database import Connection, Database
from exchange.storage.rows import SweptParcel, TerugmeldingRow
from exchange.telemetry.events import MESSAGES_LAPSED, MESSAGES_PARKED, PAYLOADS_ERASED, emit
from exchange.telemetry.trace import trace_of

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Three sweeps, each in small transactions of its own."""

    database: Database
    keys: KeyProvider
    clock: Clock
    ids: Ids
    law: Law

    async def sweep(self) -> int:
        """Do one batch of each; give how much was done."""
        now = self.clock.now()
        parked = await self._park(now)
        lapsed = await self._lapse(now)
        erased = await self._erase(now)
        for event, count in (
            (MESSAGES_PARKED, parked),
            (MESSAGES_LAPSED, lapsed),
            (PAYLOADS_ERASED, erased),
        ):
            if count:
                emit(event, count=count)
        return parked + lapsed + erased

    async def _park(self, now: datetime) -> int:
        before = working_days_before(now, self._numbers(now).parkeren_werkdagen)
        async with self.database.transaction() as conn:
            parcels = await sweeping.park_due(conn, before, now, _BATCH)
            await self._account(conn, parcels, Action.GEPARKEERD, now)
        return len(parcels)

    async def _lapse(self, now: datetime) -> int:
        oldest = oldest_kept(Schooljaar.of(legal_day(now)), self._numbers(now))
        async with self.database.transaction() as conn:
            parcels = await sweeping.lapse(conn, oldest, now, _BATCH)
            await removals.count(conn, {"outbox": len(parcels)})
            await self._account(conn, parcels, Action.VERVALLEN, now)
        return len(parcels)

    async def _erase(self, now: datetime) -> int:
        before = now - timedelta(days=self._numbers(now).bevestigd_dagen)
        async with self.database.transaction() as conn:
            erased = await sweeping.erase_acknowledged(conn, before, now, _BATCH)
            return await removals.count(conn, {"outbox": erased})

    def _numbers(self, now: datetime) -> Parameters:
        return self.law.on(legal_day(now))

    async def _account(
        self, conn: Connection, parcels: Sequence[SweptParcel], action: Action, now: datetime
    ) -> None:
        for parcel in parcels:
            await mailbox.add_terugmelding(conn, self._terugmelding(parcel, now))
            happening = _happening(parcel, action, now)
            await append_record(conn, record(happening, self.keys, self.ids))

    def _terugmelding(self, parcel: SweptParcel, now: datetime) -> TerugmeldingRow:
        return TerugmeldingRow(
            id=self.ids.uuid7(),
            bericht_id=parcel.bericht_id,
            vestigingscode=parcel.vestigingscode,
            schooljaar=parcel.schooljaar,
            status=parcel.status.value,
            afsluitreden=None,
            reden=None,
            received_at=now,
        )


def _happening(parcel: SweptParcel, action: Action, now: datetime) -> Happening:
    subjects = (
        (Subject(parcel.vestigingscode, parcel.schooljaar, parcel.blind_index),)
        if parcel.blind_index
        else ()
    )
    return Happening(
        action=action,
        activiteit=parcel.purpose,
        actor=None,
        namens=None,
        trace=trace_of({}),
        started_at=now,
        ended_at=now,
        bericht_id=parcel.bericht_id,
        recipient=parcel.recipient,
        subjects=subjects,
    )
