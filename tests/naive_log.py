"""A log written straight from the definitions, slow: what the product is held against.

It shares nothing with the product: RFC 9162 section 2.1 as it is written down (a range splits at
the largest power of two below its size), and C2SP notes signed with a key of its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ORIGIN = "verzuim-exchange/00000099000000000001"


def b64(value: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(value).decode()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """MTH(D) over leaf bytes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = _split(len(leaves))
    return hashlib.sha256(b"\1" + root_of(leaves[:k]) + root_of(leaves[k:])).digest()


def path_of(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*path_of(index, leaves[:k]), root_of(leaves[k:])]
    return [*path_of(index - k, leaves[k:]), root_of(leaves[:k])]


def growth_of(old: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n])."""
    return [] if old in {0, len(leaves)} else _subproof(old, leaves, whole=True)


def _subproof(old: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [root_of(leaves)]
    k = _split(len(leaves))
    if old <= k:
        return [*_subproof(old, leaves[:k], whole=whole), root_of(leaves[k:])]
    return [*_subproof(old - k, leaves[k:], whole=False), root_of(leaves[:k])]


def _split(size: int) -> int:
    k = 1
    while k * 2 < size:
        k *= 2
    return k


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs notes: of a log (kind 1) or of a witness (kind 4)."""

    name: str = ORIGIN
    kind: int = 1
    seed: bytes = bytes(32)

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self._private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        """The four bytes beside the name."""
        return hashlib.sha256(
            self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        ).digest()[:4]

    @property
    def vkey(self) -> str:
        """The verifier key."""
        return f"{self.name}+{self.key_id.hex()}+{b64(bytes([self.kind]) + self.public)}"

    def line(self, text: str, *, at: int | None = None) -> str:
        """The signature line under ``text``."""
        message, stamp = text.encode(), b""
        if at is not None:
            message, stamp = f"cosignature/v1\ntime {at}\n{text}".encode(), at.to_bytes(8, "big")
        blob = self.key_id + stamp + self._private.sign(message)
        return f"\u2014 {self.name} {b64(blob)}\n"

    def note(self, size: int, root: bytes, *, origin: str | None = None) -> str:
        """A signed checkpoint."""
        text = f"{origin or self.name}\n{size}\n{b64(root)}\n"
        return f"{text}\n{self.line(text)}"


LOG = Signer()
WITNESS = Signer("gemeente.example/fg", 4, bytes(range(32)))


def entry_of(number: int) -> str:
    """A UUIDv7 made for record ``number``."""
    return str(UUID(int=(0x01930000 << 96) | (0x7 << 76) | (0x2 << 62) | number))


def leaf(number: int, **members: object) -> bytes:
    """The bytes of a small record."""
    return json.dumps({"entry": entry_of(number), "name": "proef", **members}).encode()


def checkpoint_of(leaves: Sequence[bytes], signer: Signer = LOG) -> str:
    """The signed checkpoint over ``leaves``."""
    return signer.note(len(leaves), root_of(leaves))


def bundle_of(index: int, leaves: Sequence[bytes]) -> dict[str, Any]:
    """The proof of one record, as the contract describes it."""
    return {
        "entry": json.loads(leaves[index])["entry"],
        "blad": b64(leaves[index]),
        "index": index,
        "omvang": len(leaves),
        "bewijs": [b64(part) for part in path_of(index, leaves)],
        "checkpoint": checkpoint_of(leaves),
    }


def consistency_of(old: int, leaves: Sequence[bytes]) -> dict[str, Any]:
    """The answer of the route for consistency."""
    proof = [b64(part) for part in growth_of(old, leaves)]
    return {"van": old, "tot": len(leaves), "bewijs": proof}


def export_of(leaves: Sequence[bytes], *sizes: int) -> list[bytes]:
    """The lines of a whole log with checkpoints at these sizes."""
    lines: list[dict[str, Any]] = [{"soort": "logboek", "versie": 1, "oorsprong": ORIGIN}]
    for index in range(len(leaves) + 1):
        if index in sizes:
            lines.append({"checkpoint": checkpoint_of(leaves[:index])})
        if index < len(leaves):
            lines.append(
                {
                    "index": index,
                    "entry": json.loads(leaves[index])["entry"],
                    "blad": b64(leaves[index]),
                    "bladhash": b64(hashlib.sha256(b"\0" + leaves[index]).digest()),
                }
            )
    return [json.dumps(line).encode() + b"\n" for line in lines]
