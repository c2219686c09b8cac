"""Seals a message so that one recipient alone can read it; nothing here can open it again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from exchange.crypto.canonical import json_bytes, quoted
from exchange.crypto.jwe import encrypt_compact
from exchange.crypto.sealed_form import OUTER_FIXED, PADDING_BYTES
from exchange.crypto.sealing_keys import RecipientPublicKey
from exchange.crypto.signatures import Kind, sign_compact
from exchange.errors import Fault
from exchange.messages.identifiers import Oin
from exchange.ports import KeyProvider
from exchange.values import Value


class SealContext(Value, frozen=True):
    """What a seal is bound to: for whom, which message, by which processing activity, and when.

    ``rid`` is a berichtId, or the nummer of a levering; ``issued_at`` is aware.
    """

    recipient: Oin
    rid: UUID | str
    purpose: str
    issued_at: datetime

    def __post_init__(self) -> None:
        if self.issued_at.tzinfo is None:
            raise Fault("naive-time")


def seal_message(
    content: Mapping[str, object],
    context: SealContext,
    recipient_key: RecipientPublicKey,
    keys: KeyProvider,
) -> str:
    """Give the compact JWE that only the holder of ``recipient_key`` can open (``sealed_form``).

    ``content`` holds what JSON knows; ``Fault`` for anything else. Errors of ``keys`` pass.
    """
    return seal_document(_json(content), context, recipient_key, keys)


def seal_document(
    document: bytes, context: SealContext, recipient_key: RecipientPublicKey, keys: KeyProvider
) -> str:
    """Seal JSON that is written already, as it stands: its hash is known to its recipient."""
    recipient, rid = str(context.recipient), str(context.rid)
    padded = document + b" " * (-len(document) % PADDING_BYTES)
    signed = sign_compact(padded, Kind.SEALED, keys, rcp=recipient, rid=rid)
    fixed = OUTER_FIXED
    before_epk = f'{{"alg":"{recipient_key.alg}","cty":"{fixed["cty"]}","enc":"{fixed["enc"]}",'
    after_epk = (
        f'"iat":{int(context.issued_at.timestamp())},"kid":"{recipient_key.kid}",'
        f'"pur":{quoted(context.purpose)},"rcp":"{recipient}","rid":{quoted(rid)},"typ":"{fixed["typ"]}"}}'
    )
    return encrypt_compact(before_epk, after_epk, signed.encode("ascii"), recipient_key.key)


def _json(content: Mapping[str, object]) -> bytes:
    try:
        return json_bytes(content)
    except (TypeError, ValueError, RecursionError):  # their messages may quote the content
        raise Fault("content-not-json") from None
