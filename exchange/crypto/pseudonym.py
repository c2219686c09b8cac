"""Turns a pupil number into values that only the holder of a key can make again.

Every input is framed by its length and starts with a label, so that no two inputs under one key
collide. What is stored starts with a version byte; what a recipient reads carries it in its label.

| Value | Key | Label | Form |
|---|---|---|---|
| zaakreferentie | recipient, purpose, schooljaar | psn/v1 | 128 bits, base64url: 22 characters |
| blind index | vestiging, schooljaar (inzage) | inzage/v1 | version, 32 bytes |
| natural key | vestiging, schooljaar (natural-key) | the message type | version, 32 bytes |
| counting pseudonym | vestiging, schooljaar (counting) | telling/v1 | version, 32 bytes |
| commitment | none: a salt of 128 bits hides the index | | 32 bytes |
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial

from exchange.crypto.canonical import b64url, framed, framed_in_pieces
from exchange.messages.identifiers import Pgn, Schooljaar, Vestigingscode
from exchange.ports import KeyProvider, KeyUse, PseudonymKey, SymmetricKey, VestigingKey

_VERSION = b"\x01"
_REFERENCE_BYTES = 16
_SALT_BYTES = 16


def case_reference(pgn: Pgn, key: PseudonymKey, keys: KeyProvider) -> str:
    """Give the zaakreferentie: this pupil, for this recipient, purpose and schooljaar only (P5)."""
    return b64url(keys.mac(key, _scope(key) + framed(pgn.reveal()))[:_REFERENCE_BYTES])


@lru_cache(maxsize=1024)
def _scope(key: PseudonymKey) -> bytes:
    """Give what every message under one key begins with."""
    return framed("psn/v1", str(key.recipient), key.purpose, str(key.schooljaar))


def blind_index(
    pgn: Pgn, vestiging: Vestigingscode, schooljaar: Schooljaar, keys: KeyProvider
) -> bytes:
    """Give the index by which a pupil's links to the log are found (design, "The log")."""
    key = VestigingKey(KeyUse.INZAGE, vestiging, schooljaar)
    return keyed_digest(key, keys, "inzage/v1", pgn.reveal())


def natural_key(
    vestiging: Vestigingscode, schooljaar: Schooljaar, keys: KeyProvider, *parts: str
) -> bytes:
    """Give the digest by which the same message sent twice is recognised.

    ``parts`` starts with the message type, for example ``signaal/v1``, then what makes it the same.
    """
    return keyed_digest(VestigingKey(KeyUse.NATURAL_KEY, vestiging, schooljaar), keys, *parts)


def natural_keys(
    vestiging: Vestigingscode,
    schooljaar: Schooljaar,
    keys: KeyProvider,
    label: str,
    each: Iterable[bytes],
) -> list[bytes]:
    """Give the natural key of each, all of one message type (``label``), its parts framed."""
    key = VestigingKey(KeyUse.NATURAL_KEY, vestiging, schooljaar)
    return keyed_digests(key, keys, framed(label), each)


def pupil_names(
    pgns: Sequence[Pgn], vestiging: Vestigingscode, schooljaar: Schooljaar, keys: KeyProvider
) -> list[tuple[bytes, bytes]]:
    """Give the counting pseudonym and the blind index of each; both keys are used once for all."""
    numbers = [framed(pgn.reveal()) for pgn in pgns]
    counting = VestigingKey(KeyUse.COUNTING, vestiging, schooljaar)
    inzage = VestigingKey(KeyUse.INZAGE, vestiging, schooljaar)
    counted = keyed_digests(counting, keys, framed("telling/v1", str(vestiging)), numbers)
    indexes = keyed_digests(inzage, keys, framed("inzage/v1"), numbers)
    return list(zip(counted, indexes, strict=True))


def counting_pseudonym(
    pgn: Pgn, vestiging: Vestigingscode, schooljaar: Schooljaar, keys: KeyProvider
) -> bytes:
    """Give the pupil's name in the registrations of one vestiging and schooljaar."""
    key = VestigingKey(KeyUse.COUNTING, vestiging, schooljaar)
    return keyed_digest(key, keys, "telling/v1", str(vestiging), pgn.reveal())


def keyed_digest(key: SymmetricKey, keys: KeyProvider, label: str, *parts: str | bytes) -> bytes:
    """Give version (1) || HMAC-SHA256 (32) of ``parts`` under ``key``: the form in which we store.

    ``label`` says what is digested, for example ``idempotency/v1``; equal parts under another label
    give another digest.
    """
    return _VERSION + keys.mac(key, framed(label, *parts))


def keyed_digests(
    key: SymmetricKey, keys: KeyProvider, begin: bytes, each: Iterable[bytes]
) -> list[bytes]:
    """Give the keyed digest of each; the key is used once for all.

    Everything is framed already: what all of them begin with (label first), and what each adds.
    """
    return [_VERSION + mac for mac in keys.macs(key, [begin + parts for parts in each])]


def keyed_digest_of_pieces(
    key: SymmetricKey, keys: KeyProvider, label: str, size: int, part: Iterable[bytes]
) -> bytes:
    """Give the keyed digest of one part of ``size`` bytes that comes in pieces."""
    return _VERSION + keys.mac_of_pieces(key, partial(framed_in_pieces, label, size, part))


def commitment(salt: bytes, index: bytes) -> bytes:
    """Give SHA-256(salt || index), what a log leaf says about a pupil; ``salt`` has 16 bytes.

    Once the salt is deleted, the leaf still verifies and says nothing.
    """
    if len(salt) != _SALT_BYTES:
        raise ValueError("the salt of a commitment has 16 bytes")
    return hashlib.sha256(salt + index).digest()
