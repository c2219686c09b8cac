"""A leaf of the log hashes as RFC 9162 says."""

from __future__ import annotations

import hashlib

import pytest

from exchange.crypto.leaves import tree_root
from exchange.crypto.verify_log import leaf_hash


def test_a_leaf_is_marked_as_one() -> None:
    assert leaf_hash(b"") == hashlib.sha256(b"\x00").digest()
    assert leaf_hash(b"entry") == hashlib.sha256(b"\x00entry").digest()
    assert leaf_hash(b"entry") != hashlib.sha256(b"entry").digest()


def reference_root(leaves: list[bytes]) -> bytes:
    """Compute the root by the definition in RFC 9162 section 2.1.1: split at a power of two."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = reference_root(leaves[:split]), reference_root(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@pytest.mark.parametrize("count", [*range(1, 18), 31, 32, 33, 100])
def test_the_root_of_a_tree_is_that_of_its_definition(count: int) -> None:
    leaves = [bytes([n]) * 3 for n in range(count)]
    assert tree_root(leaves) == reference_root(leaves)


def test_the_root_depends_on_the_order_and_on_every_leaf() -> None:
    assert len({tree_root([b"a", b"b"]), tree_root([b"b", b"a"]), tree_root([b"a", b"c"])}) == 3


def test_nothing_has_no_tree() -> None:
    with pytest.raises(ValueError, match="at least one leaf"):
        tree_root([])
