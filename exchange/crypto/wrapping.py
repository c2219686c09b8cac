"""Wraps root secrets for storage under one key, which a passphrase opens (Argon2id, RFC 9106)."""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass
from typing import NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from exchange.crypto import aead
from exchange.crypto.canonical import framed
from exchange.crypto.keyring import RootSecret
from exchange.errors import Fault

_HEADER = struct.Struct(">BIIB16s")  # version, memory in KiB, iterations, lanes, salt
_VERSION = 1
_SALT_BYTES = 16
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """What one guess at the passphrase costs; the default is RFC 9106 section 4, second option.

    The upper bounds keep a garbled file from asking for more memory than the machine has.
    """

    memory_kib: int = 64 * 1024
    iterations: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        bounded = self.memory_kib <= 1024 * 1024 and self.iterations <= 64 and self.lanes <= 16
        if not bounded or self.memory_kib < 8 * self.lanes or self.iterations < 1 or self.lanes < 1:
            raise Fault("argon2-cost")


class KeyEncryptionKey:
    """The key round all roots of one store (KEK); it exists in memory and locked, never bare."""

    __slots__ = ("_cipher", "_secret")

    def __init__(self, secret: RootSecret) -> None:
        self._secret = secret
        self._cipher = AESGCM(secret.derive(framed("key-encryption")))

    @classmethod
    def fresh(cls) -> KeyEncryptionKey:
        """Make a new one."""
        return cls(RootSecret.fresh())

    def wrap(self, secret: bytes, name: str) -> bytes:
        """Encrypt ``secret`` so that it opens under the same ``name`` only."""
        return aead.seal(self._cipher, secret, framed("wrapped", name))

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        """Decrypt what ``wrap`` made for ``name``; ``Fault`` for anything else."""
        return aead.open_sealed(self._cipher, wrapped, framed("wrapped", name))

    def lock(self, passphrase: bytes, cost: Argon2Cost) -> bytes:
        """Give this key in a form to store: header (salt, cost), then itself sealed."""
        salt = secrets.token_bytes(_SALT_BYTES)
        header = _HEADER.pack(_VERSION, cost.memory_kib, cost.iterations, cost.lanes, salt)
        cipher = _passphrase_cipher(passphrase, salt, cost)
        return header + aead.seal(cipher, self._secret.reveal(), header)

    @classmethod
    def unlock(cls, locked: bytes, passphrase: bytes) -> KeyEncryptionKey:
        """Read what ``lock`` made; ``Fault`` if garbled or if the passphrase is another."""
        if len(locked) < _HEADER.size or locked[0] != _VERSION:
            raise Fault("locked-key-broken")
        header, sealed = locked[: _HEADER.size], locked[_HEADER.size :]
        _, memory_kib, iterations, lanes, salt = _HEADER.unpack(header)
        cipher = _passphrase_cipher(passphrase, salt, Argon2Cost(memory_kib, iterations, lanes))
        return cls(RootSecret(aead.open_sealed(cipher, sealed, header)))

    def __repr__(self) -> str:
        return "KeyEncryptionKey(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key encryption key is never copied out of its process")


def _passphrase_cipher(passphrase: bytes, salt: bytes, cost: Argon2Cost) -> AESGCM:
    try:
        stretch = Argon2id(
            salt=salt,
            length=_KEY_BYTES,
            iterations=cost.iterations,
            lanes=cost.lanes,
            memory_cost=cost.memory_kib,
        )
    except UnsupportedAlgorithm as error:
        raise Fault("argon2id-not-in-this-openssl") from error
    return AESGCM(stretch.derive(passphrase))
