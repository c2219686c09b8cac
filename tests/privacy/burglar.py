"""Somebody who took everything: the key folder with its passphrase, the settings, the database.

What there is to try is tried by hand (RFC 7516, 7518), not through the product: as the key of the
recipient, as what two keys agree on, as the key round the content key, as the content key itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from exchange.crypto.canonical import framed, unb64url
from exchange.crypto.keyring import RootSecret
from exchange.crypto.wrapping import KeyEncryptionKey
from exchange.errors import Fault
from exchange.ports import KeyUse
from tests.privacy.dump import Value

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_KEY_BYTES = 32
_NONCE_BYTES = 12
_CURVE = ec.SECP256R1()
_SUITE = b"ECDH-ES+A256KW"
_OTHER_INFO = len(_SUITE).to_bytes(4) + _SUITE + bytes(8) + (256).to_bytes(4)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed message in its parts."""

    header: bytes
    encrypted_key: bytes
    iv: bytes
    ciphertext: bytes

    @classmethod
    def parse(cls, token: bytes) -> Sealed:
        """Read the compact form."""
        header, key, iv, ciphertext, tag = token.decode().split(".")
        content = unb64url(ciphertext) + unb64url(tag)
        return cls(header.encode(), unb64url(key), unb64url(iv), content)

    def opened_with(self, content_key: bytes) -> bytes | None:
        """Decrypt the content, if this is its key."""
        try:
            return AESGCM(content_key).decrypt(self.iv, self.ciphertext, self.header)
        except (InvalidTag, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Loot:
    """Everything that might be a key, by where it came from."""

    secrets: Mapping[str, bytes]
    private_keys: Mapping[str, PrivateKey] = field(default_factory=dict)

    def plus(self, name: str, key: PrivateKey) -> Loot:
        """Add a private key."""
        return replace(self, private_keys={**self.private_keys, name: key})

    def open_message(self, token: bytes) -> dict[str, bytes]:
        """Try everything on a sealed message; give what came out, by what opened it."""
        sealed = Sealed.parse(token)
        found = {}
        for name, content_key in self._content_keys(sealed):
            content = sealed.opened_with(content_key)
            if content is not None:
                found[name] = content
        return found

    def open_at_rest(self, stored: bytes, context: bytes) -> dict[str, bytes]:
        """Try everything on a sealed column: version, nonce, AES-256-GCM bound to ``context``."""
        found = {}
        nonce, ciphertext = stored[1 : 1 + _NONCE_BYTES], stored[1 + _NONCE_BYTES :]
        for name, secret in self.secrets.items():
            try:
                found[name] = AESGCM(secret).decrypt(nonce, ciphertext, stored[:1] + context)
            except InvalidTag:
                continue
        return found

    def _content_keys(self, sealed: Sealed) -> Iterator[tuple[str, bytes]]:
        header = json.loads(unb64url(sealed.header.decode()))
        for name, private in self.private_keys.items():
            for content_key in _with_private_key(private, header, sealed):
                yield name, content_key
        for name, secret in self.secrets.items():
            yield f"{name} as the content key", secret
            for how, key in (("round the content key", secret), ("agreed on", _agreed(secret))):
                if unwrapped := _unwrapped(key, sealed.encrypted_key):
                    yield f"{name} as the key {how}", unwrapped
            if scalar := int.from_bytes(secret) % _CURVE.group_order:
                guess = ec.derive_private_key(scalar, _CURVE)
                for content_key in _with_private_key(guess, header, sealed):
                    yield f"{name} as a private key", content_key


def parts_of_a_seal(token: bytes, own: PrivateKey) -> dict[str, bytes]:
    """Give the secrets that sealing used and must have forgotten, by way of the recipient's key."""
    sealed = Sealed.parse(token)
    header = json.loads(unb64url(sealed.header.decode()))
    assert isinstance(own, ec.EllipticCurvePrivateKey)
    (content_key,) = _with_private_key(own, header, sealed)
    shared = own.exchange(ec.ECDH(), _point(header["epk"]))
    return {
        "the content key": content_key,
        "the key round it": _agreed(shared),
        "what was agreed on": shared,
    }


def loot_of(
    folder: Path,
    passphrase: bytes,
    names: Iterable[tuple[str, ...]],
    pems: Iterable[Path] = (),
    database: Iterable[Value] = (),
) -> Loot:
    """Take everything from a key folder, PEM files and tables.

    ``names`` are the identities (beyond its use) under which a root may have made working keys.
    """
    master = KeyEncryptionKey.unlock((folder / "master.key").read_bytes(), passphrase)
    secrets = {"master": master._secret.reveal()}
    keys: dict[str, PrivateKey] = {}
    for path in sorted(folder.glob("*.key")):
        root = _root(master, path)
        if root is None:
            continue
        secrets[path.stem] = root.reveal()
        seed = int.from_bytes(root.derive(framed("es256"), 48))
        keys[path.stem] = ec.derive_private_key(seed % (_CURVE.group_order - 1) + 1, _CURVE)
        for identity in names:
            for kind in ("mac", "seal"):
                secrets[" ".join((path.stem, kind, *identity))] = root.derive(
                    framed(kind, *identity)
                )
    for pem in pems:
        key = load_pem_private_key(pem.read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        keys[pem.name] = key
    secrets |= {f"{place} {start}": part for place, start, part in _long_enough(database)}
    return Loot(secrets, keys)


def identities(
    vestigingen: Iterable[str],
    years: Iterable[str],
    recipients: Iterable[str],
    purposes: Iterable[str],
) -> list[tuple[str, ...]]:
    """Give every identity that a working key may have, for these schools, years and recipients."""
    years, purposes = list(years), list(purposes)
    uses = [use.value for use in KeyUse]
    return [
        *(("gateway", use) for use in uses),
        *(("vestiging", use, v, year) for use in uses for v in vestigingen for year in years),
        *(
            ("pseudonym", KeyUse.PSEUDONYM.value, recipient, purpose, year)
            for recipient in recipients
            for purpose in purposes
            for year in years
        ),
    ]


def _root(master: KeyEncryptionKey, path: Path) -> RootSecret | None:
    try:
        return RootSecret(master.unwrap(path.read_bytes(), path.stem))
    except Fault:
        return None  # the master key itself, or the tombstone of a key that was destroyed


def _long_enough(database: Iterable[Value]) -> Iterator[tuple[str, int, bytes]]:
    """Give 32 bytes from the begin and the end of every value that has them."""
    for number, value in enumerate(database):
        for start in {0, 1, len(value.data) - _KEY_BYTES}:
            part = value.data[start : start + _KEY_BYTES]
            if start >= 0 and len(part) == _KEY_BYTES:
                yield f"{value.place} {number}", start, part


def _with_private_key(
    key: PrivateKey, header: Mapping[str, object], sealed: Sealed
) -> Iterator[bytes]:
    if isinstance(key, rsa.RSAPrivateKey):
        oaep = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)
        try:
            yield key.decrypt(sealed.encrypted_key, oaep)
        except ValueError:
            return
    epk = header.get("epk")
    if isinstance(epk, dict) and isinstance(key, ec.EllipticCurvePrivateKey):
        shared = key.exchange(ec.ECDH(), _point(epk))
        if unwrapped := _unwrapped(_agreed(shared), sealed.encrypted_key):
            yield unwrapped


def _point(jwk: Mapping[str, str]) -> ec.EllipticCurvePublicKey:
    point = b"\x04" + unb64url(jwk["x"]) + unb64url(jwk["y"])
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)


def _agreed(shared: bytes) -> bytes:
    """Give the key that belongs to a shared secret (RFC 7518 section 4.6.2)."""
    return ConcatKDFHash(SHA256(), _KEY_BYTES, _OTHER_INFO).derive(shared)


def _unwrapped(key: bytes, encrypted_key: bytes) -> bytes | None:
    try:
        return aes_key_unwrap(key, encrypted_key)
    except (InvalidUnwrap, ValueError):
        return None
