"""Signs a file beside itself: detached JWS (RFC 7515 appendix F) over its very bytes."""

from __future__ import annotations

from exchange.crypto.canonical import b64url
from exchange.crypto.signatures import Jwks, Kind, SignatureBroken, sign_parts, verify_compact
from exchange.ports import KeyProvider


def sign_extract(content: bytes, keys: KeyProvider) -> str:
    """Give ``header..signature`` over ``content``."""
    header, signature = sign_parts(b64url(content), Kind.EXTRACT, keys, {})
    return f"{header}..{signature}"


def verify_extract(content: bytes, signature: str, jwks: Jwks) -> None:
    """Check that one of ``jwks`` signed ``content``; raise ``SignatureBroken`` if none did."""
    parts = signature.split(".")
    if len(parts) != 3 or parts[1]:
        raise SignatureBroken
    verify_compact(f"{parts[0]}.{b64url(content)}.{parts[2]}", Kind.EXTRACT, jwks)
