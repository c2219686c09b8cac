"""Under which key, and bound to which context, each stored thing is sealed or digested."""

from __future__ import annotations

from uuid import UUID

from exchange.crypto.pseudonym import keyed_digest
from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.ports import GatewayKey, KeyProvider, KeyUse, VestigingKey
from exchange.storage.rows import StoredReceipt

_IDEMPOTENCY = GatewayKey(KeyUse.IDEMPOTENCY)


def key_digest(sender: Oin, path: str, key: str, keys: KeyProvider) -> bytes:
    """Give the keyed digest of an idempotency key, scoped to caller and path."""
    return keyed_digest(_IDEMPOTENCY, keys, "idempotency-key/v1", str(sender), path, key)


def body_digest(body: bytes, keys: KeyProvider) -> bytes:
    """Give the keyed digest of a body: it tells a repeat from another message, and nothing more."""
    return keyed_digest(_IDEMPOTENCY, keys, "body/v1", body)


def mailbox_key(vestiging: Vestigingscode, schooljaar: Schooljaar) -> VestigingKey:
    """Name the key round every payload of one vestiging and schooljaar."""
    return VestigingKey(KeyUse.MAILBOX, vestiging, schooljaar)


def payload_context(bericht_id: UUID, rol: str) -> bytes:
    """Bind a payload to its row: it opens nowhere else."""
    return f"outbox|payload|{bericht_id}|{rol}".encode()


def column_key(vestiging: Vestigingscode, schooljaar: Schooljaar) -> VestigingKey:
    """Name the key of every sealed column of one vestiging and schooljaar."""
    return VestigingKey(KeyUse.COLUMN, vestiging, schooljaar)


def registratie_id_context(vestiging: Vestigingscode, digest: bytes) -> bytes:
    """Bind a sealed registratieId to its row."""
    return f"registrations|id_sealed|{vestiging}|{digest.hex()}".encode()


def receipt_context(bericht_id: UUID) -> bytes:
    """Bind a stored receipt to its row."""
    return f"messages|receipt|{bericht_id}".encode()


def opened_receipt(row: StoredReceipt, keys: KeyProvider) -> bytes:
    """Open a stored receipt for the school it belongs to."""
    key = column_key(row.vestigingscode, row.schooljaar)
    return keys.open(key, row.receipt, receipt_context(row.bericht_id))
