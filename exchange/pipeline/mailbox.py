"""What a recipient does with its mailbox: list, download, answer, report; each act is logged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from typing import Any
from uuid import UUID

from exchange.accountability.ledger import append_record
from exchange.accountability.record import Action, Happening, Subject, record
from exchange.errors import Code, Fault, Refused
from exchange.messages.antwoord import Behandeling, Bevestiging, Terugmelding, Uitkomst
from exchange.messages.soort import Soort
from exchange.pipeline.at_rest import mailbox_key, payload_context
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.stages import Peer
from exchange.policy.parties import Party, Role
from exchange.policy.status import (
    MailboxStatus,
    Status,
    require_answerable,
    require_handling_step,
    require_readable,
    require_reportable,
)
from exchange.storage import log, mailbox
from exchange.storage.database import Connection
from exchange.storage.rows import ListedParcel, Page, StoredParcel, TerugmeldingRow
from exchange.telemetry.trace import Trace

_LIST_ACTIVITY = "mailbox-beheer/1"


@dataclass(frozen=True, slots=True)
class Collector:
    """Who collects: the party at the door, and the recipient on whose behalf it does."""

    party: Party
    recipient: Party
    peer: Peer
    trace: Trace


@dataclass(frozen=True, slots=True)
class _Act:
    """What was done, with the names of the members that were read or given."""

    action: Action
    velden: Sequence[str]
    details: Mapping[str, Any] = field(default_factory=dict)


async def list_mailbox(
    who: Collector, status: MailboxStatus | None, cursor: str | None, limit: int, gateway: Gateway
) -> Page[ListedParcel]:
    """Give one page of the recipient's messages, oldest first; an empty one leaves no record."""
    now = gateway.clock.now()
    async with gateway.database.transaction(party=who.recipient.oin, today=gateway.today()) as conn:
        page = await mailbox.list_parcels(conn, who.recipient.oin, status, cursor, limit)
        if page.items:
            ids = [str(item.bericht_id) for item in page.items]
            happening = _happening(who, _seen(ids), _LIST_ACTIVITY, now)
            await append_record(conn, record(happening, gateway.keys, gateway.ids))
    return page


async def look_at(who: Collector, bericht_id: UUID, gateway: Gateway) -> bytes:
    """Give the sealed message for its size alone (HEAD): a look, recorded as one, no download.

    It changes nothing, so the look needs no transaction with its record: one round trip for each.
    """
    now = gateway.clock.now()
    parcel = _known(
        await mailbox.find_parcel(gateway.database, who.recipient.oin, gateway.today(), bericht_id)
    )
    require_readable(parcel.status)
    happening = _happening(
        who,
        _seen([str(bericht_id)]),
        _LIST_ACTIVITY,
        now,
        bericht_id=bericht_id,
        subjects=_pupil(parcel),
    )
    async with gateway.database.at_once() as conn:
        await append_record(conn, record(happening, gateway.keys, gateway.ids))
    return _open(parcel, gateway)


async def download(who: Collector, bericht_id: UUID, gateway: Gateway) -> bytes:
    """Give the sealed message; the record of it is committed before the first byte leaves.

    Raises 404 for what is not this recipient's, 410 for what was withdrawn, refused or has lapsed.
    """
    now = gateway.clock.now()
    async with gateway.database.transaction(party=who.recipient.oin, today=gateway.today()) as conn:
        parcel = _known(await mailbox.fetch_parcel(conn, who.recipient.oin, bericht_id, now))
        require_readable(parcel.status)
        token = _open(parcel, gateway)
        read = await _read_by(conn, parcel, gateway)
        await _log(conn, who, parcel, _Act(Action.OPGEHAALD, read), now, gateway)
    return token


async def answer(
    who: Collector, bericht_id: UUID, bevestiging: Bevestiging, gateway: Gateway
) -> bool:
    """Take an answer; True when it is new. A refusal destroys the payload and tells the school."""
    bevestiging.require_consistent()
    now = gateway.clock.now()
    async with gateway.database.transaction(party=who.recipient.oin, today=gateway.today()) as conn:
        parcel = await _locked(conn, who, bericht_id)
        fetched = parcel.fetched_at is not None
        if not require_answerable(parcel.status, fetched=fetched, uitkomst=bevestiging.uitkomst):
            if parcel.refusal != bevestiging.reden:
                raise Refused(Code.OVERGANG_ONGELDIG)
            return False
        if bevestiging.uitkomst is Uitkomst.ONTVANGEN:
            await mailbox.mark_acknowledged(conn, bericht_id, parcel.rol, now)
            act = _Act(Action.BEVESTIGD, bevestiging.named())
            await _log(conn, who, parcel, act, now, gateway)
            return True
        if bevestiging.reden is None:
            raise Fault("weigering zonder reden")
        await mailbox.mark_refused(conn, bericht_id, parcel.rol, bevestiging.reden.value, now)
        await _tell_school(
            conn, parcel, Status.GEWEIGERD.value, None, bevestiging.reden.value, now, gateway
        )
        act = _Act(Action.GEWEIGERD, bevestiging.named(), {"reden": bevestiging.reden.value})
        await _log(conn, who, parcel, act, now, gateway)
    return True


async def report(
    who: Collector, bericht_id: UUID, terugmelding: Terugmelding, gateway: Gateway
) -> bool:
    """Take a report on the handling and pass it to the school; True when it is new."""
    terugmelding.require_consistent()
    now = gateway.clock.now()
    async with gateway.database.transaction(party=who.recipient.oin, today=gateway.today()) as conn:
        parcel = await _locked(conn, who, bericht_id)
        require_reportable(Soort(parcel.soort))
        current = Behandeling(parcel.handling) if parcel.handling else None
        reden = terugmelding.afsluitreden.value if terugmelding.afsluitreden else None
        if not require_handling_step(parcel.status, current, terugmelding.status):
            if parcel.afsluitreden not in {None, reden}:
                raise Refused(Code.OVERGANG_ONGELDIG)
            return False
        await mailbox.set_handling(conn, bericht_id, parcel.rol, terugmelding.status.value, reden)
        await _tell_school(conn, parcel, terugmelding.status.value, reden, None, now, gateway)
        act = _Act(Action.TERUGGEMELD, terugmelding.named(), {"status": terugmelding.status.value})
        await _log(conn, who, parcel, act, now, gateway)
    return True


_LISTED = ("berichtId", "soort", "aangemaaktOp", "status")


def _seen(ids: Sequence[str]) -> _Act:
    return _Act(Action.LIJST_INGEZIEN, _LISTED, {"berichten": list(ids)})


async def _read_by(conn: Connection, parcel: StoredParcel, gateway: Gateway) -> Sequence[str]:
    """Give the members that the recipient finds in the message: only their names were kept."""
    leaf = await log.acceptance_of(conn, parcel.bericht_id)
    if leaf is None:
        return ()
    said = json.loads(leaf)
    table = gateway.necessity.on(date.fromisoformat(said["beleid"]))
    added = table.clause(Soort(parcel.soort), Role(parcel.rol)).toegevoegd
    streams = (s for s in said["bijzonderheden"]["stromen"] if s["rol"] == parcel.rol)
    return [*added, *chain.from_iterable(stream["doorgegeven"] for stream in streams)]


async def _locked(conn: Connection, who: Collector, bericht_id: UUID) -> StoredParcel:
    return _known(await mailbox.lock_parcel(conn, who.recipient.oin, bericht_id))


def _known(parcel: StoredParcel | None) -> StoredParcel:
    if parcel is None:
        raise Refused(Code.NIET_GEVONDEN)
    return parcel


def _open(parcel: StoredParcel, gateway: Gateway) -> bytes:
    if parcel.payload is None:
        raise Refused(Code.VERVALLEN)
    key = mailbox_key(parcel.vestigingscode, parcel.schooljaar)
    return gateway.keys.open(key, parcel.payload, payload_context(parcel.bericht_id, parcel.rol))


async def _tell_school(
    conn: Connection,
    parcel: StoredParcel,
    status: str,
    afsluitreden: str | None,
    reden: str | None,
    now: datetime,
    gateway: Gateway,
) -> None:
    await mailbox.add_terugmelding(
        conn,
        TerugmeldingRow(
            id=gateway.ids.uuid7(),
            bericht_id=parcel.bericht_id,
            vestigingscode=parcel.vestigingscode,
            schooljaar=parcel.schooljaar,
            status=status,
            afsluitreden=afsluitreden,
            reden=reden,
            received_at=now,
        ),
    )


async def _log(
    conn: Connection,
    who: Collector,
    parcel: StoredParcel,
    act: _Act,
    now: datetime,
    gateway: Gateway,
) -> None:
    subjects = _pupil(parcel)
    happening = _happening(
        who, act, parcel.purpose, now, bericht_id=parcel.bericht_id, subjects=subjects
    )
    await append_record(conn, record(happening, gateway.keys, gateway.ids))
    gateway.steps.passed(act.action.value, None)


def _pupil(parcel: StoredParcel) -> Sequence[Subject]:
    if parcel.blind_index is None:
        return ()
    return (Subject(parcel.vestigingscode, parcel.schooljaar, parcel.blind_index),)


def _happening(
    who: Collector,
    act: _Act,
    activiteit: str,
    now: datetime,
    *,
    bericht_id: UUID | None = None,
    subjects: Sequence[Subject] = (),
) -> Happening:
    return Happening(
        action=act.action,
        activiteit=activiteit,
        actor=who.party.oin,
        namens=str(who.recipient.oin),
        trace=who.trace,
        started_at=now,
        ended_at=now,
        bericht_id=bericht_id,
        recipient=who.recipient.oin,
        thumbprint=who.peer.thumbprint,
        bijzonderheden=act.details,
        velden=act.velden,
        subjects=subjects,
    )
