"""Signs a document beside itself: detached JWS (RFC 7515 appendix F) over its JCS form (RFC 8785).

The signature of a receipt stands in the receipt, as ``handtekening``; that one member is never part
of what is signed, so both functions take the document with or without it.
"""

from __future__ import annotations

from collections.abc import Mapping

from exchange.crypto.canonical import b64url, canonical
from exchange.crypto.signatures import Jwks, Kind, SignatureBroken, sign_parts, verify_compact
from exchange.ports import KeyProvider

_SIGNATURE = "handtekening"


def sign_detached(
    document: Mapping[str, object], keys: KeyProvider, kind: Kind = Kind.RECEIPT
) -> str:
    """Give ``header..signature`` over ``document``; ``Fault`` when it has no canonical form."""
    return sign_form(_signed_form(document), keys, kind)


def sign_form(form: bytes, keys: KeyProvider, kind: Kind = Kind.RECEIPT) -> str:
    """Give ``header..signature`` over a document whose canonical form, without it, is ``form``."""
    header, signature = sign_parts(b64url(form), kind, keys, {})
    return f"{header}..{signature}"


def verify_detached(document: Mapping[str, object], signature: str, jwks: Jwks) -> None:
    """Check that one of ``jwks`` signed ``document``; raise ``SignatureBroken`` if none did."""
    parts = signature.split(".")
    if len(parts) != 3 or parts[1]:
        raise SignatureBroken
    body = b64url(_signed_form(document))
    verify_compact(f"{parts[0]}.{body}.{parts[2]}", Kind.RECEIPT, jwks)


def _signed_form(document: Mapping[str, object]) -> bytes:
    return canonical({name: value for name, value in document.items() if name != _SIGNATURE})
