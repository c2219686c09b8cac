"""What others published, and what we once stored, still comes out the same."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

from adapters.keys.memory import MemoryKeyProvider
from exchange.crypto.canonical import b64url, canonical, framed, unb64url
from exchange.crypto.es256 import SigningKey, ec_public_key, verify_es256
from exchange.crypto.keyring import RootSecret, WorkingKey
from exchange.crypto.pseudonym import blind_index, case_reference, counting_pseudonym, natural_key
from exchange.crypto.recipient_keys import accept_public_jwk
from exchange.crypto.sealing import SealContext, seal_message
from exchange.crypto.sealing_keys import RecipientPublicKey, generate_recipient_key
from exchange.crypto.signatures import Kind, verify_compact
from exchange.crypto.thumbprint import thumbprint
from exchange.crypto.verify_log import leaf_hash
from exchange.crypto.wrapping import KeyEncryptionKey
from exchange.messages.identifiers import Oin, Pgn, Schooljaar, Vestigingscode
from exchange.ports import KeyUse, PseudonymKey, SymmetricKey, VestigingKey


def vector(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(Path(__file__).with_name(f"{name}.json").read_text("utf-8"))
    return read


def hkdf(secret: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    """HKDF-SHA256 once more, from the text of RFC 5869 section 2."""
    pseudorandom_key = hmac.digest(salt, secret, "sha256")
    block, output = b"", b""
    for counter in range(1, 256):
        block = hmac.digest(pseudorandom_key, block + info + bytes([counter]), "sha256")
        output += block
        if len(output) >= size:
            break
    return output[:size]


def concat_kdf(shared: bytes, algorithm: str, apu: bytes, apv: bytes, bits: int) -> bytes:
    """Concat KDF as RFC 7518 section 4.6.2 uses it."""
    info = framed(algorithm, apu, apv) + bits.to_bytes(4)
    return ConcatKDFHash(algorithm=SHA256(), length=bits // 8, otherinfo=info).derive(shared)


def agree(d: int, epk: dict[str, str]) -> bytes:
    return ec.derive_private_key(d, ec.SECP256R1()).exchange(ec.ECDH(), ec_public_key(epk))


@pytest.mark.parametrize("sample", vector("rfc8785")["samples"])
def test_rfc_8785_canonical_json(sample: dict[str, Any]) -> None:
    assert canonical(sample["value"]).decode() == sample["canonical"]


def test_rfc_7638_thumbprint() -> None:
    example = vector("rfc7638_3_1")
    assert thumbprint(example["jwk"]) == example["thumbprint"]


def test_rfc_7515_es256() -> None:
    example = vector("rfc7515_a3")
    signed, _, signature = example["jws"].rpartition(".")
    assert verify_es256(example["jwk"], signed.encode(), unb64url(signature))
    assert not verify_es256(example["jwk"], signed.encode() + b"x", unb64url(signature))


def test_rfc_9162_leaf() -> None:
    empty = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b"").hex() == empty


def test_rfc_5869_key_derivation() -> None:
    example = {k: v for k, v in vector("rfc5869_a1").items() if k != "source"}
    ikm, salt, info, okm = (bytes.fromhex(example[k]) for k in ("ikm", "salt", "info", "okm"))
    assert hkdf(ikm, salt, info, len(okm)) == okm
    secret = bytes(range(32))
    for size in (32, 48):
        derived = hkdf(secret, b"verzuim-exchange/keyring/v1", info, size)
        assert RootSecret(secret).derive(info, size) == derived


def test_rfc_7518_key_agreement() -> None:
    example = vector("rfc7518_c")
    shared = agree(int.from_bytes(unb64url(example["recipient_d"])), example["epk"])
    apu, apv = (example[party].encode() for party in ("apu", "apv"))
    derived = concat_kdf(shared, example["algorithm"], apu, apv, example["bits"])
    assert b64url(derived) == example["derived"]


def test_a_sealed_message_opens_by_the_text_of_the_rfcs() -> None:
    """ECDH-ES+A256KW (RFC 7518, 4.6) and A256GCM (5.3) by hand, without the library that sealed."""
    private = json.loads(generate_recipient_key())
    public = {member: private[member] for member in ("kty", "crv", "x", "y")}
    recipient_key = RecipientPublicKey.parse(accept_public_jwk(public)[1])
    keys = MemoryKeyProvider()
    context = SealContext(Oin("00000099000003610000"), "1", "x", datetime(2026, 1, 1, tzinfo=UTC))
    header, *parts = seal_message({"a": "é"}, context, recipient_key, keys).split(".")
    encrypted_key, nonce, ciphertext, tag = map(unb64url, parts)

    epk = json.loads(unb64url(header))["epk"]
    shared = agree(int.from_bytes(unb64url(private["d"])), epk)
    content_key = aes_key_unwrap(concat_kdf(shared, "ECDH-ES+A256KW", b"", b"", 256), encrypted_key)
    inner = AESGCM(content_key).decrypt(nonce, ciphertext + tag, header.encode())

    signed = verify_compact(inner.decode(), Kind.SEALED, keys.public_keys(), "rcp", "rid")
    assert signed.payload == '{"a":"é"}'.encode().ljust(1024)


class _OneRoot(MemoryKeyProvider):
    """Every key from the root in the vector."""

    def __init__(self, root: RootSecret) -> None:
        super().__init__()
        self._only_root = root

    def mac(self, key: SymmetricKey, message: bytes) -> bytes:
        return WorkingKey(self._only_root, key).mac(message)


def test_what_version_1_made_is_made_again() -> None:
    stored = vector("keyring_v1")
    root = RootSecret(bytes.fromhex(stored["root"]))
    keys, pgn = _OneRoot(root), Pgn("999990019")
    school, year, oin = Vestigingscode("99AA00"), Schooljaar(2026), Oin("00000099000003610000")
    mailbox = VestigingKey(KeyUse.MAILBOX, school, year)
    reference = case_reference(pgn, PseudonymKey(oin, "leerplicht", year), keys)
    natural = natural_key(school, year, keys, "signaal", pgn.reveal(), "2026-09-01")
    assert keys.mac(mailbox, b"message").hex() == stored["mailbox_mac"]
    assert reference == stored["zaakreferentie"]
    assert blind_index(pgn, school, year, keys).hex() == stored["blind_index"]
    assert counting_pseudonym(pgn, school, year, keys).hex() == stored["counting_pseudonym"]
    assert natural.hex() == stored["natural_key"]
    assert SigningKey(root).kid == stored["signing_kid"]


def test_what_version_1_sealed_opens() -> None:
    stored = vector("keyring_v1")
    root = RootSecret(bytes.fromhex(stored["root"]))
    key = VestigingKey(KeyUse.MAILBOX, Vestigingscode("99AA00"), Schooljaar(2026))
    sealed = bytes.fromhex(stored["mailbox_sealed"])
    assert WorkingKey(root, key).open(sealed, b"context") == b"plaintext"
    locked, wrapped = (bytes.fromhex(stored[k]) for k in ("locked", "wrapped_as_gateway_log"))
    kek = KeyEncryptionKey.unlock(locked, stored["passphrase"].encode())
    assert kek.unwrap(wrapped, "gateway.log") == bytes(32)


def test_a_working_key_is_derived_as_documented() -> None:
    """By hand: HKDF with our salt; `info` is the framed use and identity of the key."""
    stored = vector("keyring_v1")
    identity = ("vestiging", "mailbox", "99AA00", "2026-2027")
    salt, root = b"verzuim-exchange/keyring/v1", bytes.fromhex(stored["root"])
    mac_key = hkdf(root, salt, framed("mac", *identity), 32)
    assert hmac.digest(mac_key, b"message", "sha256").hex() == stored["mailbox_mac"]
    sealed = bytes.fromhex(stored["mailbox_sealed"])
    cipher = AESGCM(hkdf(root, salt, framed("seal", *identity), 32))
    assert cipher.decrypt(sealed[1:13], sealed[13:], b"\x01context") == b"plaintext"
