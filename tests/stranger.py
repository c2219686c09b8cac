"""Somebody who got a proof and knows nothing of us: verifies it from the standards alone.

It reads RFC 9162 section 2.1 from the top down, where the product goes from the leaf up.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Head = tuple[int, bytes]


def head_of(note: str, vkey: str) -> Head:
    """Give size and root of a checkpoint that the owner of ``vkey`` signed; raises otherwise."""
    name, key_id, key = vkey.split("+", 2)
    kind_and_key = base64.b64decode(key, validate=True)
    assert kind_and_key[0] == 1
    assert hashlib.sha256(name.encode() + b"\n" + kind_and_key).digest()[:4].hex() == key_id
    text, lines = note.split("\n\n")
    text += "\n"
    (blob,) = [
        base64.b64decode(line.split(" ")[2], validate=True)
        for line in lines.splitlines()
        if line.startswith(f"\u2014 {name} ")
    ]
    assert blob[:4].hex() == key_id
    Ed25519PublicKey.from_public_bytes(kind_and_key[1:]).verify(blob[4:], text.encode())
    origin, size, root, rest = text.split("\n")
    assert (origin, rest) == (name, "")
    return int(size), base64.b64decode(root, validate=True)


def verify_bundle(bundle: Mapping[str, Any], vkey: str) -> bytes:
    """Give the bytes of the record that a bundle proves; raises ``AssertionError`` otherwise."""
    assert set(bundle) == {"entry", "blad", "index", "omvang", "bewijs", "checkpoint"}
    size, root = head_of(bundle["checkpoint"], vkey)
    leaf = base64.b64decode(bundle["blad"], validate=True)
    path = [base64.b64decode(part, validate=True) for part in bundle["bewijs"]]
    assert bundle["omvang"] == size
    assert 0 <= bundle["index"] < size
    assert _root(hashlib.sha256(b"\0" + leaf).digest(), bundle["index"], size, path) == root
    return leaf


def verify_growth(old: Head, new: Head, proof: Mapping[str, Any]) -> None:
    """Check that the log ``new`` begins with the log ``old``."""
    assert (proof["van"], proof["tot"]) == (old[0], new[0])
    path = [base64.b64decode(part, validate=True) for part in proof["bewijs"]]
    if old[0] in {0, new[0]}:
        assert path == []
        assert old[0] == 0 or old == new
        return
    assert _roots(old, new[0], path, whole=True) == (old[1], new[1])
    assert path == []


def _root(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    if size == 1:
        assert not path
        return leaf
    middle = _middle(size)
    if index < middle:
        return _node(_root(leaf, index, middle, path[:-1]), path[-1])
    return _node(path[-1], _root(leaf, index - middle, size - middle, path[:-1]))


def _roots(old: Head, size: int, path: list[bytes], *, whole: bool) -> tuple[bytes, bytes]:
    """Give the root of the old leaves under this node, and that of all; takes from ``path``."""
    if old[0] == size:
        known = old[1] if whole else path.pop()
        return known, known
    beside, middle = path.pop(), _middle(size)
    if old[0] <= middle:
        before, after = _roots(old, middle, path, whole=whole)
        return before, _node(after, beside)
    before, after = _roots((old[0] - middle, old[1]), size - middle, path, whole=False)
    return _node(beside, before), _node(beside, after)


def _middle(size: int) -> int:
    middle = 1
    while middle * 2 < size:
        middle *= 2
    return middle


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
