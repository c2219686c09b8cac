"""What a school reads back: receipts with today's status, and reports from leerplicht."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from exchange.accountability.ledger import append_record
from exchange.accountability.receipt import as_of, sign_receipt
from exchange.accountability.record import Action, Happening, record
from exchange.errors import Code, Refused
from exchange.messages.identifiers import Periode, Vestigingscode
from exchange.pipeline.at_rest import opened_receipt
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.onlooker import about_pupil
from exchange.pipeline.school_side import Reader, log_act
from exchange.policy.mandates import require_mandate
from exchange.policy.parties import Party
from exchange.policy.status import Status
from exchange.storage import mailbox
from exchange.storage.database import Connection
from exchange.storage.rows import Page, ReceiptRow, TerugmeldingRow

ACCOUNTING = "verantwoording-aan-school/1"
"""The processing activity of giving back to a school what it gave, and what became of it."""

_LOOKED_UP = (Action.ONTVANGSTBEWIJS_INGEZIEN, ACCOUNTING)
_OF_RECEIPT = ("berichtId", "ontvangenOp", "soort", "stromen", "logboek", "zout", "inhoudshash")
_OF_REPORT = ("berichtId", "status", "afsluitreden", "reden", "ontvangenOp")


async def read_receipt(who: Reader, bericht_id: UUID, gateway: Gateway) -> bytes:
    """Give a freshly signed receipt with today's status; 404 for another school's message."""
    async with gateway.database.transaction(party=who.party.oin, today=gateway.today()) as conn:
        row = await mailbox.receipt_of(conn, bericht_id)
        about = [row.receipt.vestigingscode] if row else []
        about += await mailbox.scope_of(conn, bericht_id)
        mine = [code for code in about if acts_for(who.party, code, gateway)]
        if row is None or not mine:
            raise Refused(Code.NIET_GEVONDEN)
        await log_receipt(conn, who, str(mine[0]), bericht_id, gateway)
    return sign_receipt(receipt_for(who.party, row, gateway), gateway.keys)


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
        await log_disclosure(conn, who, str(vestiging), ids, gateway)
    mine = (receipt_for(who.party, row, gateway) for row in page.items)
    return Page([sign_receipt(receipt, gateway.keys) for receipt in mine], page.next_cursor)


async def list_terugmeldingen(
    who: Reader, vestiging: Vestigingscode, cursor: str | None, limit: int, gateway: Gateway
) -> Page[TerugmeldingRow]:
    """Give one page of what recipients reported, oldest first."""
    require_mandate(who.party, vestiging, gateway.directory(), gateway.today())
    async with gateway.database.transaction(party=who.party.oin, today=gateway.today()) as conn:
        page = await mailbox.list_terugmeldingen(conn, vestiging, cursor, limit)
        ids = [str(row.bericht_id) for row in page.items]
        await log_disclosure(conn, who, str(vestiging), ids, gateway, _OF_REPORT)
    return page


async def log_disclosure(
    conn: Connection,
    who: Reader,
    vestiging: str,
    ids: Sequence[str],
    gateway: Gateway,
    velden: Sequence[str] = _OF_RECEIPT,
) -> None:
    """Record a look-up that gave something; an empty one is a metric only."""
    if not ids:
        return
    await log_act(conn, who, vestiging, _LOOKED_UP, gateway, velden=velden, berichten=list(ids))


async def log_receipt(
    conn: Connection, who: Reader, vestiging: str, bericht_id: UUID, gateway: Gateway
) -> None:
    """Record that the receipt of one message was given: its pupil finds this look by it."""
    action, activiteit = _LOOKED_UP
    now = gateway.clock.now()
    happening = Happening(
        action=action,
        activiteit=activiteit,
        actor=who.party.oin,
        namens=vestiging,
        trace=who.trace,
        started_at=now,
        ended_at=now,
        bericht_id=bericht_id,
        thumbprint=who.peer.thumbprint,
        velden=_OF_RECEIPT,
        bijzonderheden={"berichten": [str(bericht_id)]},
        subjects=await about_pupil(conn, bericht_id),
    )
    await append_record(conn, record(happening, gateway.keys, gateway.ids))


def receipt_for(party: Party, row: ReceiptRow, gateway: Gateway) -> dict[str, Any]:
    """Give the unsigned receipt as of today, as far as it is about schools of ``party``."""
    return _own_part(_today(row, gateway), party, gateway)


def acts_for(party: Party, vestiging: Vestigingscode, gateway: Gateway) -> bool:
    """Say whether ``party`` may read today what this vestiging sent."""
    try:
        require_mandate(party, vestiging, gateway.directory(), gateway.today())
    except Refused:
        return False
    return True


_OF_THE_WHOLE_BODY = frozenset({"zout", "inhoudshash", "geweigerd"})


def _own_part(receipt: dict[str, Any], party: Party, gateway: Gateway) -> dict[str, Any]:
    """Leave out of a delivery's receipt what tells of schools that this reader does not act for.

    The salted hash of the body would let it confirm a guess at another school's line.
    """
    about = receipt.get("vestigingen", [])
    mine = [code for code in about if acts_for(party, Vestigingscode(code), gateway)]
    if mine == about:
        return receipt
    part = {name: value for name, value in receipt.items() if name not in _OF_THE_WHOLE_BODY}
    return {**part, "vestigingen": mine}


def _today(row: ReceiptRow, gateway: Gateway) -> dict[str, Any]:
    """Put today's status on a stored receipt; a withdrawn message counts nowhere any more."""
    stored = json.loads(opened_receipt(row.receipt, gateway.keys))
    statuses = dict(row.statuses)
    if row.withdrawn:
        counted = (s["rol"] for s in stored["stromen"] if s["status"] == Status.OPGENOMEN)
        statuses |= dict.fromkeys(counted, Status.INGETROKKEN.value)
    return as_of(stored, statuses, gateway.clock.now())
