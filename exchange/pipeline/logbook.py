"""The log as others verify it: its signed heads, its tiles, and proofs from them."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from exchange.accountability.checkpoint import checkpoint_vkey, origin_of, with_cosignatures
from exchange.accountability.merkle import (
    HASH_BYTES,
    Path,
    TileId,
    consistency_path,
    hashes_of,
    inclusion_path,
    tiles_of,
)
from exchange.accountability.quick_check import first_fault
from exchange.accountability.record import Action
from exchange.crypto.verify_log import read_vkey
from exchange.errors import Code, Invalid, Refused, Unavailable, Violation
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.onlooker import Onlooker, log_look
from exchange.storage import tree
from exchange.storage.cosignatures import CosignatureRow, cosignatures_of, newest_cosignatures
from exchange.storage.database import Connection
from exchange.storage.tree import CheckpointRow, PlacedRow

_SEAL_SECONDS = "2"
_MOST_LAG_SECONDS = 15 * 60
_CHECKED = 50


def require_sealing(gateway: Gateway) -> None:
    """Refuse while the log is sealed far too late: what cannot be proven is not done (P8).

    Raises ``logboek-onbeschikbaar``; it costs a comparison, the figure is kept elsewhere.
    """
    if gateway.sealing_lag() > _MOST_LAG_SECONDS:
        raise Unavailable(Code.LOGBOEK_ONBESCHIKBAAR, part="verzegeling")


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A head that others signed too, with their lines; by name of the witness, when."""

    size: int
    note: str
    signed_at: datetime
    cosigned_at: dict[str, datetime]


@dataclass(frozen=True, slots=True)
class Integrity:
    """What a quick look says of the log; ``first_fault`` is in words, None when all was well."""

    size: int
    signed_at: datetime
    lag_seconds: float
    waiting: int
    checked: int
    first_fault: str | None
    cosignatures: list[Cosigned]


async def newest_checkpoint(gateway: Gateway) -> str:
    """Give the newest signed head, with the lines of the witnesses that signed it too."""
    async with gateway.nobodys_turn, gateway.database.transaction() as conn:
        newest = await _newest(conn)
        return await _note(conn, newest)


async def cosigned_checkpoints(gateway: Gateway, limit: int) -> list[Cosigned]:
    """Give heads that witnesses signed, newest first, out of their newest ``limit`` lines."""
    async with gateway.database.transaction() as conn:
        lines = await newest_cosignatures(conn, limit)
        heads = await tree.checkpoints_of(conn, {line.size for line in lines})
    return sorted((_cosigned(head, lines) for head in heads), key=lambda c: c.size, reverse=True)


async def proof_of(who: Onlooker, entry: UUID, gateway: Gateway) -> dict[str, Any]:
    """Give the record with the proof of its place under the newest head.

    Raises 404 for who is no party to it and may not see its vestiging, ``vervallen`` when its text
    is past its term, ``nog-niet-verzegeld`` in the seconds before it has a place.
    """
    async with gateway.database.transaction(party=who.party.oin, today=gateway.today()) as conn:
        leaf, place, bericht_id = _provable(await tree.placed_record(conn, entry))
        newest = await _newest(conn)
        proof = await _hashes(conn, inclusion_path(place, newest.size))
        bundle = {
            "entry": str(entry),
            "blad": _base64(leaf),
            "index": place,
            "omvang": newest.size,
            "bewijs": proof,
            "checkpoint": await _note(conn, newest),
        }
        look = Action.LOGBEWIJS_INGEZIEN
        await log_look(conn, who, look, gateway, bericht_id=bericht_id, bewezen=str(entry))
    return bundle


async def consistency(van: int, tot: int, gateway: Gateway) -> dict[str, Any]:
    """Give what proves that the log of ``tot`` records begins with the log of ``van``."""
    async with gateway.nobodys_turn, gateway.database.transaction() as conn:
        newest = await _newest(conn)
        if faults := list(_size_faults(van, tot, newest.size)):
            raise Invalid(faults)
        return {"van": van, "tot": tot, "bewijs": await _hashes(conn, consistency_path(van, tot))}


async def tile(place: TileId, width: int, gateway: Gateway) -> bytes:
    """Give the first ``width`` hashes of a tile, 256 of a full one; 404 when there are fewer."""
    async with gateway.nobodys_turn, gateway.database.transaction() as conn:
        found = await tree.read_tiles(conn, [place])
    hashes = found.get(place, b"")[: width * HASH_BYTES]
    if len(hashes) < width * HASH_BYTES:
        raise Refused(Code.NIET_GEVONDEN)
    return hashes


async def integrity(who: Onlooker, gateway: Gateway) -> Integrity:
    """Check the newest heads, and some of all times, against the stored tiles and each other."""
    key = read_vkey(checkpoint_vkey(origin_of(gateway.oin), gateway.keys))
    async with gateway.database.transaction(party=who.party.oin, today=gateway.today()) as conn:
        newest, waits = await _newest(conn), await tree.waiting(conn)
        heads = await tree.newest_checkpoints(conn, _CHECKED)
        heads += await tree.scattered_checkpoints(conn, _CHECKED)
        heads = sorted({head.size: head for head in heads}.values(), key=lambda head: head.size)
        fault = await first_fault(conn, heads, key)
        await log_look(conn, who, Action.INTEGRITEIT_GETOETST, gateway, checkpoints=len(heads))
    return Integrity(
        size=newest.size,
        signed_at=newest.signed_at,
        lag_seconds=_age(waits.oldest, gateway),
        waiting=waits.count,
        checked=len(heads),
        first_fault=fault,
        cosignatures=await cosigned_checkpoints(gateway, _CHECKED),
    )


def _age(moment: datetime | None, gateway: Gateway) -> float:
    return max((gateway.clock.now() - moment).total_seconds(), 0.0) if moment else 0.0


def _provable(row: PlacedRow | None) -> tuple[bytes, int, UUID | None]:
    if row is None:
        raise Refused(Code.NIET_GEVONDEN)
    if row.leaf is None:
        raise Refused(Code.VERVALLEN)
    if row.place is None:
        raise Refused(Code.NOG_NIET_VERZEGELD, wacht=_SEAL_SECONDS)
    return row.leaf, row.place, row.bericht_id


async def _newest(conn: Connection) -> CheckpointRow:
    newest = await tree.newest_checkpoint(conn)
    if newest is None:
        raise Unavailable(Code.LOGBOEK_ONBESCHIKBAAR, part="verzegeling")
    return newest


async def _note(conn: Connection, head: CheckpointRow) -> str:
    lines = await cosignatures_of(conn, head.size)
    return with_cosignatures(head.note, (line.line for line in lines))


async def _hashes(conn: Connection, path: Path) -> list[str]:
    tiles = await tree.read_tiles(conn, tiles_of(path))
    return [_base64(one) for one in hashes_of(path, tiles)]


def _size_faults(van: int, tot: int, newest: int) -> Iterable[Violation]:
    if tot > newest:
        yield Violation("/tot", Code.WAARDE_ONGELDIG, "Zo groot is het logboek nog niet.")
    if van > tot:
        yield Violation("/van", Code.WAARDE_ONGELDIG, "Dit is meer dan `tot`.")


def _cosigned(head: CheckpointRow, lines: Iterable[CosignatureRow]) -> Cosigned:
    mine = [line for line in lines if line.size == head.size]
    note = with_cosignatures(head.note, (line.line for line in mine))
    moments = {line.witness: line.cosigned_at for line in mine}
    return Cosigned(head.size, note, head.signed_at, moments)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
