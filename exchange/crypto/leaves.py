"""Hashes the pupils that one log record is about, in the way of the log itself."""

from __future__ import annotations

from collections.abc import Sequence

from exchange.crypto.verify_log import leaf_hash, node_hash


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
