"""What a school reads back: receipts with today's status, and reports from leerplicht."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from exchange.accountability.ledger import append_record
from exchange.accountability.receipt import as_of, sign_receipt
from exchange.accountability.record import Action, Happening, record
from exchange.errors import Code, Refused
from exchange.messages.identifiers import Periode, Vestigingscode
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.lookup import opened_receipt
from exchange.pipeline.stages import Peer
from exchange.policy.mandates import require_mandate
from exchange.policy.parties import Party
from exchange.policy.status import Status
from exchange.storage import mailbox
from exchange.storage.database import Connection
from exchange.storage.rows import Page, ReceiptRow, TerugmeldingRow
from exchange.telemetry.trace import Trace

_ACTIVITY = "verantwoording-aan-school/1"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads on the school's side."""

    party: Party
    peer: Peer
    trace: Trace


async def read_receipt(who: Reader, bericht_id: UUID, gateway: Gateway) -> bytes:
    """Give a freshly signed receipt with today's status; 404 for another school's message."""
    async with gateway.database.transaction(party=who.party.oin, today=gateway.today()) as conn:
        row = await mailbox.receipt_of(conn, bericht_id)
        if row is None or not _may_read(who, row.receipt.vestigingscode, gateway):
            raise Refused(Code.NIET_GEVONDEN)
        await _log(conn, who, str(row.receipt.vestigingscode), [str(bericht_id)], gateway)
    return sign_receipt(_today(row, gateway), gateway.keys)


async def list_receipts(
    who: Reader,
    vestiging: Vestigingscode,
    periode: Periode | None,
    cursor: str | None,
    limit: int,
    gateway: Gateway,
) -> Page[bytes]:
    """Give one page of the receipts of a vestiging, each signed as of now."""
    require_mandate(who.party, vestiging, gateway.directory(), gateway.today())
    async with gateway.database.transaction(party=who.party.oin, today=gateway.today()) as conn:
        page = await mailbox.list_receipts(conn, vestiging, periode, cursor, limit)
        ids = [str(row.receipt.bericht_id) for row in page.items]
        await _log(conn, who, str(vestiging), ids, gateway)
    receipts = [sign_receipt(_today(row, gateway), gateway.keys) for row in page.items]
    return Page(receipts, page.next_cursor)


async def list_terugmeldingen(
    who: Reader, vestiging: Vestigingscode, cursor: str | None, limit: int, gateway: Gateway
) -> Page[TerugmeldingRow]:
    """Give one page of what recipients reported, oldest first."""
    require_mandate(who.party, vestiging, gateway.directory(), gateway.today())
    async with gateway.database.transaction(party=who.party.oin, today=gateway.today()) as conn:
        page = await mailbox.list_terugmeldingen(conn, vestiging, cursor, limit)
        await _log(conn, who, str(vestiging), [str(r.bericht_id) for r in page.items], gateway)
    return page


def _may_read(who: Reader, vestiging: Vestigingscode, gateway: Gateway) -> bool:
    try:
        require_mandate(who.party, vestiging, gateway.directory(), gateway.today())
    except Refused:
        return False
    return True


def _today(row: ReceiptRow, gateway: Gateway) -> dict[str, Any]:
    """Put today's status on a stored receipt; a withdrawn message counts nowhere any more."""
    stored = json.loads(opened_receipt(row.receipt, gateway))
    statuses = dict(row.statuses)
    if row.withdrawn:
        counted = (s["rol"] for s in stored["stromen"] if s["status"] == Status.OPGENOMEN)
        statuses |= dict.fromkeys(counted, Status.INGETROKKEN.value)
    return as_of(stored, statuses, gateway.clock.now())


async def _log(
    conn: Connection, who: Reader, vestiging: str, ids: Sequence[str], gateway: Gateway
) -> None:
    """Record a look-up that gave something; an empty one is a metric only."""
    if not ids:
        return
    now = gateway.clock.now()
    happening = Happening(
        action=Action.ONTVANGSTBEWIJS_INGEZIEN,
        activiteit=_ACTIVITY,
        actor=who.party.oin,
        namens=vestiging,
        trace=who.trace,
        started_at=now,
        ended_at=now,
        thumbprint=who.peer.thumbprint,
        bijzonderheden={"berichten": list(ids)},
    )
    await append_record(conn, record(happening, gateway.keys, gateway.ids))
