"""Hashes what goes into the Merkle log."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def leaf_hash(leaf: bytes) -> bytes:
    """Give the 32-byte hash of a log entry: SHA-256(0x00 || leaf) (RFC 9162 section 2.1.1).

    The zero byte keeps a leaf from ever passing for an inner node, which starts with a one.
    """
    return hashlib.sha256(b"\x00" + leaf).digest()


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Give the 32-byte root of a Merkle tree over ``leaves``, in order (RFC 9162 section 2.1.1).

    Raises ``ValueError`` for no leaves: a record about nobody has no tree.
    """
    if not leaves:
        raise ValueError("a tree has at least one leaf")
    level = [leaf_hash(leaf) for leaf in leaves]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [node_hash(left, right) for left, right in pairs] + odd
    return level[0]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Give the 32-byte hash over two subtrees: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()
