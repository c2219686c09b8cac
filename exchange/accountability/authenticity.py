"""Holds the text of a log record against what only the gateway could have written."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from exchange.crypto.canonical import b64url, canonical
from exchange.crypto.verify_log import NotProven, leaf_hash, leaf_of
from exchange.errors import Fault
from exchange.ports import GatewayKey, KeyProvider, KeyUse


def authentic(entry: UUID, written: bytes, stored_hash: bytes, keys: KeyProvider) -> dict[str, Any]:
    """Give what a record says; raises ``NotProven`` when it is not as the gateway wrote it."""
    leaf = leaf_of(written)
    if leaf.get("entry") != str(entry):
        raise NotProven("verwisseld: de tekst van deze regel is van een andere entry")
    _require_ours(leaf, written, keys)
    if leaf_hash(written) != stored_hash:
        raise NotProven("gewijzigd: de bladhash is niet die van de tekst")
    return dict(leaf)


def is_authentic(entry: UUID, written: bytes, keys: KeyProvider) -> bool:
    """Whether the gateway wrote this text, for this entry."""
    try:
        authentic(entry, written, leaf_hash(written), keys)
    except NotProven:
        return False
    return True


def _require_ours(leaf: Mapping[str, Any], written: bytes, keys: KeyProvider) -> None:
    """Only whoever holds the key of the log could have written these very bytes."""
    text = {name: value for name, value in leaf.items() if name != "mac"}
    for form in (_quick, canonical):
        with suppress(Fault, UnicodeEncodeError):
            mac = b64url(keys.mac(GatewayKey(KeyUse.LOG), form(text)))
            if hmac.compare_digest(form({**text, "mac": mac}), written):
                return
    raise NotProven("gewijzigd of ingevoegd: de gateway heeft deze tekst niet zo geschreven")


def _quick(value: object) -> bytes:
    """Give the canonical form of almost every record, several times as fast.

    Where it is not that form the MAC does not match, and the real one decides.
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
