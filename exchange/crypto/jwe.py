"""Writes a compact JWE (RFC 7516) with the two algorithms of the sealed form (decision 0026).

Every step of cryptography is that of the library; here are only their order and the text form.
Nothing here reads a JWE: that is for joserfc, in ``opening``.
"""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from exchange.crypto.canonical import b64url, in_utf8

EncryptionKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_KEY_BYTES, _NONCE_BYTES, _TAG_BYTES, _COORDINATE_BYTES = 32, 12, 16, 32
_CURVE, _AGREEMENT, _HASH = ec.SECP256R1(), ec.ECDH(), SHA256()
_OAEP = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)
_ALGORITHM = b"ECDH-ES+A256KW"
# RFC 7518 section 4.6.2: AlgorithmID, no PartyUInfo, no PartyVInfo, the length of the key in bits
_OTHER_INFO = len(_ALGORITHM).to_bytes(4) + _ALGORITHM + bytes(8) + (8 * _KEY_BYTES).to_bytes(4)


def encrypt_compact(before: str, after: str, plaintext: bytes, key: EncryptionKey) -> str:
    """Give the JWE of ``plaintext`` under a fresh key, wrapped for ``key``, with A256GCM.

    The protected header is JSON, cut where the member ``epk`` comes, which the agreement adds.
    """
    drawn = os.urandom(_KEY_BYTES + _NONCE_BYTES)
    content_key, nonce = drawn[:_KEY_BYTES], drawn[_KEY_BYTES:]
    if isinstance(key, rsa.RSAPublicKey):
        epk, wrapped = "", key.encrypt(content_key, _OAEP)
    else:
        epk, wrapped = _agreed(content_key, key)
    protected = b64url(in_utf8(before + epk + after))
    sealed = AESGCM(content_key).encrypt(nonce, plaintext, protected.encode("ascii"))
    text, tag = sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:]
    return f"{protected}.{b64url(wrapped)}.{b64url(nonce)}.{b64url(text)}.{b64url(tag)}"


def _agreed(content_key: bytes, key: ec.EllipticCurvePublicKey) -> tuple[str, bytes]:
    """Give the member ``epk``, and ``content_key`` under what that key agrees with ``key``."""
    ephemeral = ec.generate_private_key(_CURVE)
    shared = ephemeral.exchange(_AGREEMENT, key)
    wrapping_key = ConcatKDFHash(_HASH, _KEY_BYTES, _OTHER_INFO).derive(shared)
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    x, y = b64url(point[1 : 1 + _COORDINATE_BYTES]), b64url(point[1 + _COORDINATE_BYTES :])
    epk = f'"epk":{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}},'
    return epk, aes_key_wrap(wrapping_key, content_key)
