"""Takes the text of old log records away, and leaves a proof that their term was over (P8, P9).

The proof stands in ``log_records.erasure``: a version byte, the moment of the erasure, the
``end_time`` of the record (both in milliseconds, 8 bytes), and a MAC over these with entry and leaf
hash, under the key of the log. Who owns the database can wipe a text, and cannot make a proof.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from exchange.accountability.authenticity import authentic
from exchange.crypto.canonical import framed
from exchange.crypto.verify_log import NotProven
from exchange.policy.retention import Cutoffs
from exchange.ports import GatewayKey, KeyProvider, KeyUse
from exchange.storage import purging
from exchange.storage.database import Connection
from exchange.storage.purging import OldText
from exchange.telemetry.events import LOG_TEXT_SUSPECT, emit

_VERSION = b"\x01"
_LABEL = "wissing/v1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Erasure:
    """When a text went, and when what it told of had ended."""

    erased_at: datetime
    ended_at: datetime

    @property
    def end_time(self) -> int:
        """Milliseconds, as the record said it."""
        return (self.ended_at - _EPOCH) // timedelta(milliseconds=1)

    def proof(self, entry: UUID, leaf_hash: bytes, keys: KeyProvider) -> bytes:
        """Give the bytes that only the gateway can make."""
        head = _VERSION + _milliseconds(self.erased_at) + _milliseconds(self.ended_at)
        message = framed(_LABEL, entry.bytes, leaf_hash, head)
        return head + keys.mac(GatewayKey(KeyUse.LOG), message)


async def erase_texts(conn: Connection, keys: KeyProvider, cut: Cutoffs, limit: int) -> int:
    """Erase texts that are past their term; give how many.

    What the gateway did not write so, or not so long ago, stays as evidence and is reported.
    """
    proofs: dict[UUID, bytes] = {}
    suspect: list[UUID] = []
    for row in await purging.old_texts(conn, cut.log_text, limit):
        try:
            proofs[row.entry] = _proof(row, keys, cut)
        except NotProven:
            suspect.append(row.entry)
    if suspect:
        emit(LOG_TEXT_SUSPECT, count=len(suspect), entry=str(suspect[0]))
    return await purging.blank_log_text(conn, proofs) if proofs else 0


def read_erasure(proof: bytes | None, entry: UUID, leaf_hash: bytes, keys: KeyProvider) -> Erasure:
    """Read a proof; raises ``NotProven`` unless the gateway made it for this very record."""
    if proof is not None and len(proof) > 17:
        moments = (int.from_bytes(part, "big") for part in (proof[1:9], proof[9:17]))
        try:
            erasure = Erasure(*(_EPOCH + timedelta(milliseconds=moment) for moment in moments))
        except OverflowError:
            pass
        else:
            if hmac.compare_digest(erasure.proof(entry, leaf_hash, keys), proof):
                return erasure
    raise NotProven("gewist: tekst gewist zonder bewijs dat de termijn om was")


def _proof(row: OldText, keys: KeyProvider, cut: Cutoffs) -> bytes:
    leaf = authentic(row.entry, row.leaf, row.leaf_hash, keys)
    ended_at = _EPOCH + timedelta(milliseconds=leaf["end_time"])
    if ended_at >= cut.log_text or int(row.recorded_at.timestamp() * 1000) != leaf["end_time"]:
        raise NotProven("gewijzigd: naast de tekst staat een ander moment")
    return Erasure(cut.now, ended_at).proof(row.entry, row.leaf_hash, keys)


def _milliseconds(moment: datetime) -> bytes:
    return ((moment - _EPOCH) // timedelta(milliseconds=1)).to_bytes(8, "big")
