"""Hashes what goes into the Merkle log."""

from __future__ import annotations

import hashlib


def leaf_hash(leaf: bytes) -> bytes:
    """Give the 32-byte hash of a log entry: SHA-256(0x00 || leaf) (RFC 9162 section 2.1.1).

    The zero byte keeps a leaf from ever passing for an inner node, which starts with a one.
    """
    return hashlib.sha256(b"\x00" + leaf).digest()
