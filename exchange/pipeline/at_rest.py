"""Under which key, and bound to which context, each stored thing is sealed or digested."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from exchange.crypto.canonical import framed
from exchange.crypto.pseudonym import keyed_digest, keyed_digest_of_pieces, keyed_digests
from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.pipeline.body import Body
from exchange.ports import GatewayKey, KeyProvider, KeyUse, VestigingKey
from exchange.storage.rows import StoredReceipt
from exchange.values import Value

_IDEMPOTENCY = GatewayKey(KeyUse.IDEMPOTENCY)
_KEY_LABEL, _BODY_LABEL = "idempotency-key/v1", "body/v1"


class Digests(Value, frozen=True):
    """What tells a repeat: the keyed digest of the idempotency key, and that of the body."""

    key: bytes
    body: bytes


def key_digest(sender: Oin, path: str, key: str, keys: KeyProvider) -> bytes:
    """Give the keyed digest of an idempotency key, scoped to caller and path."""
    return keyed_digest(_IDEMPOTENCY, keys, _KEY_LABEL, str(sender), path, key)


def body_digest(body: Body, keys: KeyProvider) -> bytes:
    """Give the keyed digest of a body: it tells a repeat from another message, and nothing more."""
    if isinstance(body, bytes):
        return keyed_digest(_IDEMPOTENCY, keys, _BODY_LABEL, body)
    return keyed_digest_of_pieces(_IDEMPOTENCY, keys, _BODY_LABEL, body.size, body)


def digests(sender: Oin, path: str, key: str, body: bytes, keys: KeyProvider) -> Digests:
    """Give ``key_digest`` and ``body_digest``; the key under which both are made is used once."""
    both = framed(_KEY_LABEL, str(sender), path, key), framed(_BODY_LABEL, body)
    return Digests(*keyed_digests(_IDEMPOTENCY, keys, b"", both))


def mailbox_key(vestiging: Vestigingscode, schooljaar: Schooljaar) -> VestigingKey:
    """Name the key round every payload of one vestiging and schooljaar."""
    return VestigingKey(KeyUse.MAILBOX, vestiging, schooljaar)


def payload_context(bericht_id: UUID | str, rol: str) -> bytes:
    """Bind a payload to its row: it opens nowhere else."""
    return f"outbox|payload|{bericht_id}|{rol}".encode()


def column_key(vestiging: Vestigingscode, schooljaar: Schooljaar) -> VestigingKey:
    """Name the key of every sealed column of one vestiging and schooljaar."""
    return VestigingKey(KeyUse.COLUMN, vestiging, schooljaar)


def registratie_id_context(vestiging: Vestigingscode, digest: bytes) -> bytes:
    """Bind a sealed registratieId to its row."""
    return registratie_id_contexts(vestiging, [digest])[0]


def registratie_id_contexts(vestiging: Vestigingscode, digests: Iterable[bytes]) -> list[bytes]:
    """Bind each of many sealed registratieIds of one vestiging to its row."""
    begin = f"registrations|id_sealed|{vestiging}|"
    return [(begin + digest.hex()).encode() for digest in digests]


def receipt_context(bericht_id: UUID) -> bytes:
    """Bind a stored receipt to its row."""
    return f"messages|receipt|{bericht_id}".encode()


def opened_receipt(row: StoredReceipt, keys: KeyProvider) -> bytes:
    """Open a stored receipt for the school it belongs to."""
    key = column_key(row.vestigingscode, row.schooljaar)
    return keys.open(key, row.receipt, receipt_context(row.bericht_id))
