"""A leaf of the log hashes as RFC 9162 says."""

from __future__ import annotations

import hashlib

from exchange.crypto.leaves import leaf_hash


def test_a_leaf_is_marked_as_one() -> None:
    assert leaf_hash(b"") == hashlib.sha256(b"\x00").digest()
    assert leaf_hash(b"entry") == hashlib.sha256(b"\x00entry").digest()
    assert leaf_hash(b"entry") != hashlib.sha256(b"entry").digest()
