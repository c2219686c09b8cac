"""What others published of trees, notes and cosignatures comes out of our log in the same way."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.keys.memory import MemoryKeyProvider
from exchange.accountability.checkpoint import checkpoint_vkey, sign_checkpoint, signature_line
from exchange.accountability.merkle import (
    Tiles,
    consistency_path,
    grown,
    hashes_of,
    inclusion_path,
    root_of,
)
from exchange.crypto.verify_log import (
    LOG_KEY,
    WITNESS_KEY,
    NotProven,
    key_id,
    leaf_hash,
    read_checkpoint,
    read_vkey,
    verify_cosignature,
)


def vector(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(Path(__file__).with_name(f"{name}.json").read_text("utf-8"))
    return read


TREE = vector("rfc6962_tree")
NOTES = vector("c2sp_notes")
CHECKPOINT = NOTES["checkpoint"]


def tree(size: int) -> Tiles:
    return grown({}, 0, [leaf_hash(bytes.fromhex(entry)) for entry in TREE["entries"][:size]])


@pytest.mark.parametrize("size", range(9))
def test_rfc6962_roots(size: int) -> None:
    assert root_of(size, tree(size)).hex() == TREE["roots"][size]


@pytest.mark.parametrize("case", TREE["inclusion"], ids=lambda c: f"{c['index']}in{c['size']}")
def test_rfc6962_inclusion_proofs(case: dict[str, Any]) -> None:
    proof = hashes_of(inclusion_path(case["index"], case["size"]), tree(8))
    assert [part.hex() for part in proof] == case["path"]


@pytest.mark.parametrize("case", TREE["consistency"], ids=lambda c: f"{c['old']}to{c['new']}")
def test_rfc6962_consistency_proofs(case: dict[str, Any]) -> None:
    proof = hashes_of(consistency_path(case["old"], case["new"]), tree(8))
    assert [part.hex() for part in proof] == case["path"]


@pytest.mark.parametrize("case", NOTES["notes"], ids=lambda c: c["source"])
def test_c2sp_signed_notes(case: dict[str, Any]) -> None:
    name, named, key = case["vkey"].split("+", 2)
    public = base64.b64decode(key)[1:]
    assert key_id(name, LOG_KEY, public).hex() == named
    assert read_vkey(case["vkey"]).public == public
    blob = base64.b64decode(case["lines"][0].split(" ")[2])
    assert signature_line(name, blob) == case["lines"][0] + "\n"
    if "seed" in case:
        private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(case["seed"])[1:])
        assert blob == bytes.fromhex(named) + private.sign(case["text"].encode())


def noted(text: str) -> str:
    return "\n".join([text, *CHECKPOINT["lines"], ""])


def test_a_checkpoint_of_the_world_and_its_cosignature() -> None:
    read = read_checkpoint(noted(CHECKPOINT["text"]), read_vkey(CHECKPOINT["vkey"]))
    assert read.size == CHECKPOINT["size"]
    witness = read_vkey(CHECKPOINT["witness"], WITNESS_KEY)
    assert verify_cosignature(read, witness) == CHECKPOINT["cosigned"]


def test_the_same_checkpoint_with_another_size_is_nobodys() -> None:
    changed = CHECKPOINT["text"].replace("1432088532", "1432088533")
    with pytest.raises(NotProven):
        read_checkpoint(noted(changed), read_vkey(CHECKPOINT["vkey"]))


def test_our_own_checkpoint_is_a_note_under_our_own_key() -> None:
    keys, origin = MemoryKeyProvider(), "verzuim-exchange/00000099000000001000"
    note = sign_checkpoint(origin, 8, bytes.fromhex(TREE["roots"][8]), keys)
    text, signature = note.split("\n\n")
    assert text == f"{origin}\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg="
    assert signature.startswith(f"\u2014 {origin} ")
    assert signature.endswith("\n")
    vkey = checkpoint_vkey(origin, keys)
    assert read_checkpoint(note, read_vkey(vkey)).head == (8, bytes.fromhex(TREE["roots"][8]))
    with pytest.raises(NotProven):
        read_checkpoint(note, read_vkey(checkpoint_vkey(origin, MemoryKeyProvider())))
