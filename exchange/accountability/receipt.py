"""The ontvangstbewijs: what the school gets to prove what it sent and what passed on to whom."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from exchange.crypto.canonical import b64url
from exchange.crypto.receipts import sign_detached
from exchange.messages.identifiers import Oin
from exchange.messages.soort import Soort
from exchange.policy.parties import Role
from exchange.ports import KeyProvider


@dataclass(frozen=True, slots=True)
class StreamLine:
    """What became of each member for one role, by name, and where the message stands there."""

    rol: Role
    ontvanger: Oin | None
    status: str
    doorgegeven: Sequence[str]
    gegeneraliseerd: Sequence[str]
    afgeleid: Sequence[str]
    route: Sequence[str]
    ingehouden: Sequence[tuple[str, str]]
    beleid: str

    def as_json(self) -> dict[str, Any]:
        """Give the member of ``stromen``."""
        return {
            "rol": self.rol.value,
            "ontvanger": str(self.ontvanger) if self.ontvanger else None,
            "status": self.status,
            "doorgegeven": list(self.doorgegeven),
            "gegeneraliseerd": list(self.gegeneraliseerd),
            "afgeleid": list(self.afgeleid),
            "route": list(self.route),
            "ingehouden": [{"veld": veld, "grond": grond} for veld, grond in self.ingehouden],
            "beleid": self.beleid,
        }


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
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":")).encode()


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
