"""A recipient registers its key; in production an operator approves the thumbprint first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exchange.accountability.ledger import append_record
from exchange.accountability.record import Action, Happening, record
from exchange.crypto.recipient_keys import accept_public_jwk
from exchange.pipeline.gateway import Gateway
from exchange.pipeline.mailbox import Collector
from exchange.policy.necessity import Mode
from exchange.policy.parties import KeyStatus
from exchange.storage import directory

_ACTIVITY = "sleutelbeheer/1"


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """The key by its RFC 7638 thumbprint, and whether messages are sealed to it already."""

    kid: str
    status: KeyStatus


async def register_key(who: Collector, jwk: Mapping[str, Any], gateway: Gateway) -> RegisteredKey:
    """Register the recipient's current key; what was sealed to an earlier one stays valid."""
    kid, canonical_jwk = accept_public_jwk(jwk)
    now = gateway.clock.now()
    async with gateway.database.transaction(party=who.recipient.oin, today=gateway.today()) as conn:
        status = await directory.register_key(
            conn,
            who.recipient.oin,
            kid,
            canonical_jwk,
            approve=gateway.mode is Mode.TRIAL,
            now=now,
        )
        happening = Happening(
            action=Action.SLEUTEL_GEREGISTREERD,
            activiteit=_ACTIVITY,
            actor=who.party.oin,
            namens=str(who.recipient.oin),
            trace=who.trace,
            started_at=now,
            ended_at=now,
            thumbprint=who.peer.thumbprint,
            bijzonderheden={"kid": kid, "status": status.value},
        )
        await append_record(conn, record(happening, gateway.keys, gateway.ids))
    return RegisteredKey(kid, status)
