"""The signed head of the log: a C2SP checkpoint, and the public key that verifies it.

``exchange.crypto.verify_log`` is the other side: what is made here is read and proven there.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable

from exchange.crypto.canonical import b64url
from exchange.crypto.verify_log import LOG_KEY, key_id
from exchange.messages.identifiers import Oin
from exchange.ports import KeyProvider

_PREFIX = "verzuim-exchange/"


def origin_of(gateway: Oin) -> str:
    """Give the name of the log of one gateway: first line of its checkpoints, name of its key."""
    return f"{_PREFIX}{gateway}"


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """Give what is signed of a head (C2SP tlog-checkpoint): three lines."""
    return f"{origin}\n{size}\n{_base64(root)}\n"


def sign_checkpoint(origin: str, size: int, root: bytes, keys: KeyProvider) -> str:
    """Give the signed note of a head; raises ``Unavailable`` when the key is not to be had."""
    text = checkpoint_text(origin, size, root)
    named = key_id(origin, LOG_KEY, keys.checkpoint_key())
    return f"{text}\n{signature_line(origin, named + keys.sign_checkpoint(text.encode()))}"


def signature_line(name: str, blob: bytes) -> str:
    """Give one line under a note: who signed, with the id of its key before the signature."""
    return f"\u2014 {name} {_base64(blob)}\n"


def with_cosignatures(note: str, lines: Iterable[str]) -> str:
    """Give a note with the lines of witnesses below our own."""
    return note + "".join(f"{line}\n" for line in lines)


def checkpoint_vkey(origin: str, keys: KeyProvider) -> str:
    """Give the verifier key of the log (C2SP signed-note): name, id, kind and public key."""
    public = keys.checkpoint_key()
    named = key_id(origin, LOG_KEY, public).hex()
    return f"{origin}+{named}+{_base64(bytes([LOG_KEY]) + public)}"


def checkpoint_jwk(origin: str, keys: KeyProvider) -> dict[str, str]:
    """Give the same key as a JWK (RFC 8037), for the list of our public keys."""
    public = keys.checkpoint_key()
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": b64url(public),
        "use": "checkpoint",
        "kid": key_id(origin, LOG_KEY, public).hex(),
        "vkey": checkpoint_vkey(origin, keys),
    }


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
