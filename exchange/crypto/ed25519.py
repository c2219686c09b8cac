"""Ed25519 (RFC 8032): signs checkpoints and cosignatures, verifies them with a raw public key."""

from __future__ import annotations

from typing import NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from exchange.crypto.canonical import framed
from exchange.crypto.keyring import RootSecret


class CheckpointKey:
    """The key pair of a log or a witness; only its public half (32 bytes) has a form outside."""

    __slots__ = ("_private", "public")

    def __init__(self, root: RootSecret) -> None:
        """Derive the pair from ``root``."""
        self._private = Ed25519PrivateKey.from_private_bytes(root.derive(framed("ed25519")))
        self.public = self._private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Give the 64-byte signature of ``message``."""
        return self._private.sign(message)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signing key is never copied out of its process")


def verify_ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether ``signature`` is that of ``message``; what is malformed verifies nothing."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (ValueError, InvalidSignature):
        return False
    return True
