"""Names a public key by its RFC 7638 thumbprint."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from exchange.crypto.canonical import b64url, canonical

REQUIRED_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}
"""The members that make a public key, per ``kty`` (RFC 7638 section 3.2)."""


def bare_jwk(jwk: Mapping[str, str]) -> dict[str, str]:
    """Give the members that make the key, without what only describes it."""
    return {member: jwk[member] for member in REQUIRED_MEMBERS[jwk["kty"]]}


def thumbprint(jwk: Mapping[str, str]) -> str:
    """Give the base64url SHA-256 thumbprint of an EC or RSA key; other members do not count.

    RFC 7638 asks for sorted members without white space, which for these values is JCS.
    """
    return b64url(hashlib.sha256(canonical(bare_jwk(jwk))).digest())
