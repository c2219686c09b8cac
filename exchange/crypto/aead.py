"""The one form of what we encrypt for ourselves: version (1) || nonce (12) || AES-256-GCM.

A nonce is drawn at random for each call. Under one key at most 2^32 values may be sealed (NIST
SP 800-38D section 8.3); a key here serves one vestiging, one schooljaar and one use, far below it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

from cryptography.exceptions import InvalidTag

from exchange.errors import Fault

_VERSION = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16


class Cipher(Protocol):
    """AES-256-GCM under one key, wherever that key is; the tag stands behind the ciphertext."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """Encrypt ``data`` under a nonce that was never used with this key."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """Decrypt; ``InvalidTag``, or ``Fault``, for what was not encrypted so."""


def seal(cipher: Cipher, plaintext: bytes, context: bytes) -> bytes:
    """Encrypt ``plaintext``; ``context`` and the version are authenticated, not stored."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + cipher.encrypt(nonce, plaintext, _VERSION + context)


def seals(cipher: Cipher, values: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
    """Encrypt each plaintext for its context; all nonces are drawn at once, each is used once."""
    drawn = os.urandom(_NONCE_BYTES * len(values))
    found = []
    for place, (plaintext, context) in enumerate(values):
        nonce = drawn[place * _NONCE_BYTES : (place + 1) * _NONCE_BYTES]
        found.append(_VERSION + nonce + cipher.encrypt(nonce, plaintext, _VERSION + context))
    return found


def open_sealed(cipher: Cipher, sealed: bytes, context: bytes) -> bytes:
    """Decrypt what ``seal`` made for the same ``context``; ``Fault`` for anything else."""
    if sealed[:1] != _VERSION or len(sealed) < 1 + _NONCE_BYTES + _TAG_BYTES:
        raise Fault("sealed-value-broken")
    nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return cipher.decrypt(nonce, ciphertext, _VERSION + context)
    except InvalidTag:
        raise Fault("sealed-value-broken") from None
