"""Derives every working key from the root secret that it belongs to (HKDF-SHA256, RFC 5869).

| Key | Root | Destroyed |
|---|---|---|
| `VestigingKey` | one per vestiging and schooljaar | all uses at once, at the register term (P9) |
| `PseudonymKey` | generation 1: one per schooljaar | never: a new schooljaar is a new root |
| | later: one per recipient and schooljaar | when the next generation takes its place |
| `GatewayKey` | one per use | never by this port |

Roots are random and never leave the key store's process; names of roots hold public codes only.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import NoReturn

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from exchange.crypto import aead
from exchange.crypto.canonical import framed
from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.ports import GatewayKey, PseudonymKey, SymmetricKey, VestigingKey

_KEY_BYTES = 32
_SALT = b"verzuim-exchange/keyring/v1"


class RootSecret:
    """32 random bytes from which keys are derived; it has no printable form and is not pickled."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        if len(secret) != _KEY_BYTES:
            raise ValueError("a root secret has 32 bytes")
        self._secret = secret

    @classmethod
    def fresh(cls) -> RootSecret:
        """Draw a new one from the operating system."""
        return cls(secrets.token_bytes(_KEY_BYTES))

    def derive(self, info: bytes, size: int = _KEY_BYTES) -> bytes:
        """Give ``size`` bytes that belong to ``info`` and tell nothing about any other."""
        return HKDF(algorithm=SHA256(), length=size, salt=_SALT, info=info).derive(self._secret)

    def reveal(self) -> bytes:
        """Give the secret itself: for wrapping it, nothing else."""
        return self._secret

    def __repr__(self) -> str:
        return "RootSecret(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a root secret is never copied out of its process")


class WorkingKey:
    """One symmetric key at work; the MAC and the cipher each have a key of their own."""

    __slots__ = ("_cipher", "_keyed")

    def __init__(self, root: RootSecret, key: SymmetricKey) -> None:
        self._keyed = HMAC(root.derive(framed("mac", *_identity(key))), SHA256())
        self._cipher = AESGCM(root.derive(framed("seal", *_identity(key))))

    def mac(self, message: bytes) -> bytes:
        """Give the 32-byte HMAC-SHA256 of ``message`` (RFC 2104); the key was taken in before."""
        keyed = self._keyed.copy()
        keyed.update(message)
        return keyed.finalize()

    def mac_of_pieces(self, pieces: Iterable[bytes]) -> bytes:
        """Give that of a message that comes in pieces."""
        keyed = self._keyed.copy()
        for piece in pieces:
            keyed.update(piece)
        return keyed.finalize()

    def macs(self, messages: Iterable[bytes]) -> list[bytes]:
        """Give that of each message."""
        return [self.mac(message) for message in messages]

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        """Encrypt ``plaintext`` for ``context``; layout in ``aead``."""
        return aead.seal(self._cipher, plaintext, context)

    def seals(self, values: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Encrypt each plaintext for its context."""
        return aead.seals(self._cipher, values)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt what ``seal`` made for the same ``context``; ``Fault`` for anything else."""
        return aead.open_sealed(self._cipher, sealed, context)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a working key is never copied out of its process")


def root_name(key: SymmetricKey, generation: int = 1) -> str:
    """Name the root that ``key`` is derived from; fit for a file name, free of personal data.

    Only pseudonym keys have more than one generation.
    """
    match key:
        case VestigingKey():
            return vestiging_root(key.vestiging, key.schooljaar)
        case PseudonymKey():
            return pseudonym_root(key.recipient, key.schooljaar, generation)
        case GatewayKey():
            return f"gateway.{key.use.value}"


def vestiging_root(vestiging: Vestigingscode, schooljaar: Schooljaar) -> str:
    """Name the root of one vestiging and schooljaar: what `KeyProvider.destroy` destroys."""
    return f"vestiging.{vestiging}.{schooljaar}"


def pseudonym_root(recipient: Oin, schooljaar: Schooljaar, generation: int) -> str:
    """Name the root of a recipient's pseudonyms; all recipients share that of generation 1."""
    if generation == 1:
        return f"pseudonym.{schooljaar}"
    return f"pseudonym.{recipient}.{schooljaar}.{generation:04d}"


def signing_root(number: int) -> str:
    """Name the root of the gateway's ``number``-th signing key, counting from 1."""
    return f"signing.{number:04d}"


def checkpoint_root() -> str:
    """Name the root of the key that signs the log's checkpoints; a log has one for life."""
    return "checkpoint.0001"


def _identity(key: SymmetricKey) -> tuple[str, ...]:
    match key:
        case VestigingKey():
            return ("vestiging", key.use.value, str(key.vestiging), str(key.schooljaar))
        case PseudonymKey():
            recipient, schooljaar = str(key.recipient), str(key.schooljaar)
            return ("pseudonym", key.use.value, recipient, key.purpose, schooljaar)
        case GatewayKey():
            return ("gateway", key.use.value)
