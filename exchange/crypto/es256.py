"""ES256: signs with a key made from a root secret, verifies with a public JWK (RFC 7518, 3.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from exchange.crypto.canonical import b64url, framed, unb64url
from exchange.crypto.keyring import RootSecret
from exchange.crypto.thumbprint import thumbprint

_COORDINATE_BYTES = 32
_SEED_BYTES = 48
_CURVE = ec.SECP256R1()
_ES256 = ec.ECDSA(Prehashed(SHA256()))


class SigningKey:
    """An ES256 key pair; only its public half has a form outside this object."""

    __slots__ = ("_private", "kid", "public_jwk")

    def __init__(self, root: RootSecret) -> None:
        """Derive the pair from ``root``: 48 bytes modulo n - 1, plus 1 (FIPS 186-5 A.2.1)."""
        seed = int.from_bytes(root.derive(framed("es256"), _SEED_BYTES))
        self._private = ec.derive_private_key(seed % (_CURVE.group_order - 1) + 1, _CURVE)
        self.public_jwk = _published(self._private.public_key())
        self.kid = self.public_jwk["kid"]

    def sign(self, message: bytes) -> bytes:
        """Give the 64-byte signature of ``message``: R, then S."""
        digest = hashlib.sha256(message).digest()
        r, s = decode_dss_signature(self._private.sign(digest, _ES256))
        return r.to_bytes(_COORDINATE_BYTES) + s.to_bytes(_COORDINATE_BYTES)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signing key is never copied out of its process")


def verify_es256(jwk: Mapping[str, object], message: bytes, signature: bytes) -> bool:
    """Say whether ``signature`` (R, then S) is that of ``message`` under the public ``jwk``.

    A key or a signature that is malformed verifies nothing: the answer is no.
    """
    if len(signature) != 2 * _COORDINATE_BYTES:
        return False
    r, s = signature[:_COORDINATE_BYTES], signature[_COORDINATE_BYTES:]
    try:
        key = ec_public_key(jwk)
        der = encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
        key.verify(der, hashlib.sha256(message).digest(), _ES256)
    except (ValueError, InvalidSignature):
        return False
    return True


def published_jwk(point: bytes) -> dict[str, str]:
    """Give the JWK of the signing key whose public point is ``point`` (SEC 1, uncompressed).

    Raises ``ValueError`` for what is no point of P-256.
    """
    return _published(ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point))


def ec_public_key(jwk: Mapping[str, object]) -> ec.EllipticCurvePublicKey:
    """Read a P-256 public key; raise ``ValueError`` when it is none or its point is off the curve.

    Coordinates have their full 32 bytes (RFC 7518 section 6.2.1.2).
    """
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise ValueError("not a P-256 key")
    point = b"\x04" + _coordinate(jwk.get("x")) + _coordinate(jwk.get("y"))
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)


def ec_public_jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Give a P-256 public key as a bare JWK."""
    numbers = key.public_numbers()
    x, y = (b64url(n.to_bytes(_COORDINATE_BYTES)) for n in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def _published(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    public = ec_public_jwk(key)
    return {**public, "use": "sig", "alg": "ES256", "kid": thumbprint(public)}


def _coordinate(value: object) -> bytes:
    coordinate = unb64url(value) if isinstance(value, str) else b""
    if len(coordinate) != _COORDINATE_BYTES:
        raise ValueError("a P-256 coordinate has 32 bytes")
    return coordinate
