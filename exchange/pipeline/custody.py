"""Gives the chain of custody of one message: as steps for a page, or as a file that proves itself.

Seen by the school, the recipient and the FG; for all others the message does not exist. Both are
looks, recorded as such before anything leaves.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from exchange.accountability.checkpoint import checkpoint_vkey, origin_of, with_cosignatures
from exchange.accountability.custody import Custody, facts_from, steps_of, views_in
from exchange.accountability.merkle import hashes_of, inclusion_path, tiles_of
from exchange.accountability.receipt import utc
from exchange.accountability.record import Action
from exchange.crypto.canonical import b64url
from exchange.crypto.receipts import sign_detached
from exchange.crypto.signatures import Kind
from exchange.errors import Code, Refused, Unavailable
from exchange.messages.identifiers import Oin
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.onlooker import Onlooker, log_look
from exchange.pipeline.reading import acts_for, receipt_for
from exchange.policy.parties import Role
from exchange.policy.publication import table_document
from exchange.storage import custody as store
from exchange.storage import mailbox, tree
from exchange.storage.cosignatures import cosignatures_of
from exchange.storage.custody import CustodyRow, MessageFacts, ParcelState
from exchange.storage.database import Connection
from exchange.storage.tree import CheckpointRow

_MOST_RECORDS = 5_000
_SEAL_SECONDS = "2"


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What the reader may see of one message; ``receipt`` is the school's alone."""

    facts: MessageFacts
    parcels: Sequence[ParcelState]
    rows: Sequence[CustodyRow]
    head: CheckpointRow
    receipt: dict[str, Any] | None
    only: Oin | None

    @property
    def acceptance(self) -> CustodyRow | None:
        """The record of its acceptance, if the reader may see it."""
        return next((row for row in self.rows if row.entry == self.facts.entry), None)

    @property
    def whole(self) -> bool:
        """Whether these are all the records that the reader may see."""
        return len(self.rows) < _MOST_RECORDS


async def custody(who: Onlooker, bericht_id: UUID, gateway: Gateway) -> Custody:
    """Give the steps; raises 404 for whoever may not see the message."""
    async with gateway.database.transaction(party=who.party.oin, today=gateway.today()) as conn:
        found = await _gathered(conn, who, bericht_id, gateway)
        look = Action.BEWAARKETEN_INGEZIEN
        await log_look(conn, who, look, gateway, bericht_id=bericht_id, vorm="overzicht")
    facts, acceptance = found.facts, found.acceptance
    return Custody(
        bericht_id=facts.bericht_id,
        soort=facts.soort,
        ontvangen_op=facts.received_at,
        afzender=str(facts.sender),
        beleid=facts.policy_date,
        ingetrokken_op=facts.withdrawn_at,
        ingetrokken_door=facts.withdrawn_by,
        bericht_gewist=facts.vestigingscode is None,
        views=views_in(acceptance.leaf if acceptance else None, found.only),
        steps=steps_of(facts, found.rows, found.parcels),
        pakketten=tuple(found.parcels),
        omvang=found.head.size,
        volledig=found.whole,
    )


async def custody_bundle(who: Onlooker, bericht_id: UUID, gateway: Gateway) -> bytes:
    """Give the file; raises 404 likewise, and ``nog-niet-verzegeld`` right after the acceptance."""
    async with gateway.database.transaction(party=who.party.oin, today=gateway.today()) as conn:
        found = await _gathered(conn, who, bericht_id, gateway)
        acceptance = found.acceptance
        if acceptance is not None and not _is_sealed(acceptance, found.head):
            raise Refused(Code.NOG_NIET_VERZEGELD, wacht=_SEAL_SECONDS)
        proven = await _proven(conn, found)
        lines = [one.line for one in await cosignatures_of(conn, found.head.size)]
        look = Action.BEWAARKETEN_INGEZIEN
        await log_look(conn, who, look, gateway, bericht_id=bericht_id, vorm="bestand")
    bundle = {
        "soort": "bewaarketen",
        "versie": 1,
        "berichtId": str(bericht_id),
        "peildatum": utc(gateway.clock.now()),
        "vkey": checkpoint_vkey(origin_of(gateway.oin), gateway.keys),
        "checkpoint": with_cosignatures(found.head.note, lines),
        "omvang": found.head.size,
        "regels": proven,
        "wachtend": [_waiting(row) for row in found.rows if not _is_sealed(row, found.head)],
        "volledig": found.whole,
        "feiten": found.receipt or _facts(found),
        "noodzaak": _clauses(found, gateway),
        "wissing": [_erasure(parcel) for parcel in found.parcels],
        "sleutels": list(gateway.keys.public_keys()),
    }
    signed = {**bundle, "handtekening": sign_detached(bundle, gateway.keys, Kind.CUSTODY)}
    return json.dumps(signed, ensure_ascii=False, indent=1).encode()


async def _gathered(
    conn: Connection, who: Onlooker, bericht_id: UUID, gateway: Gateway
) -> _Gathered:
    head = await tree.newest_checkpoint(conn)
    facts = await store.facts_of(conn, bericht_id)
    rows = await store.records_about(conn, bericht_id, _MOST_RECORDS)
    if facts is None and who.party.has(Role.FG):  # the records outlive the message
        facts = facts_from(rows, bericht_id)
    if facts is None:
        raise Refused(Code.NIET_GEVONDEN)
    if head is None:
        raise Unavailable(Code.LOGBOEK_ONBESCHIKBAAR, part="verzegeling")
    parcels = await store.parcels_of(conn, bericht_id)
    receipt = await _receipt(conn, who, facts, gateway)
    sees_all = receipt is not None or who.party.has(Role.FG)
    return _Gathered(facts, parcels, rows, head, receipt, None if sees_all else who.party.oin)


async def _receipt(
    conn: Connection, who: Onlooker, facts: MessageFacts, gateway: Gateway
) -> dict[str, Any] | None:
    """Give the receipt to whoever acts for the school: it alone may see its salted hash."""
    if facts.vestigingscode is None:
        return None
    about = {facts.vestigingscode, *await mailbox.scope_of(conn, facts.bericht_id)}
    if not any(acts_for(who.party, code, gateway) for code in about):
        return None
    row = await mailbox.receipt_of(conn, facts.bericht_id)
    return None if row is None else receipt_for(who.party, row, gateway)


async def _proven(conn: Connection, found: _Gathered) -> list[dict[str, Any]]:
    """Give each sealed record with the proof of its place under the one head."""
    size = found.head.size
    paths = [
        (row, place, inclusion_path(place, size))
        for row in found.rows
        if (place := row.place) is not None and place < size
    ]
    needed = {tile for _, _, path in paths for tile in tiles_of(path)}
    tiles = await tree.read_tiles(conn, needed)
    return [
        {**_record(row), "index": place, "bewijs": [_base64(h) for h in hashes_of(path, tiles)]}
        for row, place, path in paths
    ]


def _is_sealed(row: CustodyRow, head: CheckpointRow) -> bool:
    return row.place is not None and row.place < head.size


def _record(row: CustodyRow) -> dict[str, Any]:
    text = {} if row.leaf is None else {"blad": _base64(row.leaf)}
    return {"entry": str(row.entry), **text, "bladhash": _base64(row.leaf_hash)}


def _waiting(row: CustodyRow) -> dict[str, Any]:
    return {"entry": str(row.entry), "bladhash": _base64(row.leaf_hash)}


def _facts(found: _Gathered) -> dict[str, Any]:
    """Give what is known of a message without opening its receipt."""
    facts, acceptance = found.facts, found.acceptance
    views = views_in(acceptance.leaf if acceptance else None, found.only)
    optional = {
        "betreft": str(facts.betreft) if facts.betreft else None,
        "gewist": True if facts.vestigingscode is None else None,
        "ingetrokkenOp": utc(facts.withdrawn_at) if facts.withdrawn_at else None,
        "ingetrokkenDoor": str(facts.withdrawn_by) if facts.withdrawn_by else None,
        "logboek": {"entry": str(facts.entry), "bladhash": b64url(acceptance.leaf_hash)}
        if acceptance
        else None,
    }
    return {
        "berichtId": str(facts.bericht_id),
        "ontvangenOp": utc(facts.received_at),
        "soort": facts.soort,
        "afzender": str(facts.sender),
        "beleid": facts.policy_date.isoformat(),
        "stromen": [
            {"rol": v.rol, "ontvanger": v.ontvanger, "doorgegeven": list(v.doorgegeven)}
            for v in views
        ],
        **{name: value for name, value in optional.items() if value is not None},
    }


def _clauses(found: _Gathered, gateway: Gateway) -> list[dict[str, Any]]:
    """Give the clauses that were applied on the day of acceptance, of roles the reader may see."""
    table = gateway.necessity.on(found.facts.policy_date)
    mine = {parcel.rol for parcel in found.parcels}
    return [
        clause
        for clause in table_document(table, gateway.mode)["clausules"]
        if clause["bericht"] == found.facts.soort and (found.only is None or clause["rol"] in mine)
    ]


def _erasure(parcel: ParcelState) -> dict[str, Any]:
    erased = {"gewistOp": utc(parcel.erased_at)} if parcel.erased_at else {}
    stands = {"rol": parcel.rol, "ontvanger": str(parcel.recipient), "status": parcel.status}
    return {**stands, **erased}


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
