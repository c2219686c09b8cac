"""The ontvangstbewijs: what the school gets to prove what it sent and what passed on to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from exchange.crypto.canonical import Prepared, b64url, json_bytes
from exchange.crypto.receipts import sign_detached
from exchange.messages.identifiers import Oin
from exchange.messages.soort import Soort
from exchange.policy.necessity import Decided
from exchange.policy.parties import Role
from exchange.ports import KeyProvider


@dataclass(frozen=True, slots=True)
class StreamLine:
    """What became of each member for one role, by name, and where the message stands there."""

    rol: Role
    ontvanger: Oin | None
    status: str
    decided: Decided
    beleid: str

    def as_json(self) -> Prepared:
        """Give the member of ``stromen``: the same object for the same line, so change nothing."""
        return _as_json(self.rol, self.ontvanger, self.status, self.decided, self.beleid)


@lru_cache(maxsize=4096)
def _as_json(
    rol: Role, ontvanger: Oin | None, status: str, decided: Decided, beleid: str
) -> Prepared:
    """Few lines differ: by recipient and by which optional members there are."""
    return Prepared(
        {
            "rol": rol.value,
            "ontvanger": str(ontvanger) if ontvanger else None,
            "status": status,
            "doorgegeven": list(decided.doorgegeven),
            "gegeneraliseerd": list(decided.gegeneraliseerd),
            "afgeleid": list(decided.afgeleid),
            "route": list(decided.route),
            "ingehouden": [{"veld": veld, "grond": grond} for veld, grond in decided.ingehouden],
            "beleid": beleid,
        }
    )


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """What a receipt states besides its streams."""

    bericht_id: UUID
    soort: Soort
    received_at: datetime
    entry: UUID
    leaf_hash: bytes
    zout: bytes
    inhoudshash: bytes


def make_receipt(facts: ReceiptFacts, streams: Sequence[StreamLine]) -> dict[str, Any]:
    """Give the receipt without its signature."""
    return {
        "berichtId": str(facts.bericht_id),
        "ontvangenOp": utc(facts.received_at),
        "soort": facts.soort.value,
        "stromen": [stream.as_json() for stream in streams],
        "logboek": {"entry": str(facts.entry), "bladhash": b64url(facts.leaf_hash)},
        "zout": b64url(facts.zout),
        "inhoudshash": b64url(facts.inhoudshash),
    }


def sign_receipt(receipt: Mapping[str, Any], keys: KeyProvider) -> bytes:
    """Give the receipt as JSON bytes with ``handtekening``: detached JWS over JCS of the rest."""
    signed = {**receipt, "handtekening": sign_detached(receipt, keys)}
    return json_bytes(signed)


def as_of(
    receipt: Mapping[str, Any], statuses: Mapping[str, str], today_at: datetime
) -> dict[str, Any]:
    """Give the unsigned receipt with the status of each stream as it stands at ``today_at``."""
    unsigned = {name: value for name, value in receipt.items() if name != "handtekening"}
    streams = [
        {**stream, "status": statuses.get(stream["rol"], stream["status"])}
        for stream in receipt["stromen"]
    ]
    return {**unsigned, "stromen": streams, "peildatum": utc(today_at)}


def utc(moment: datetime) -> str:
    """Write an aware moment as the wire wants it: UTC with milliseconds and Z."""
    in_utc = moment.astimezone(UTC)
    return in_utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{in_utc.microsecond // 1000:03d}Z"
