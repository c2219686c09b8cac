"""The gateway's signatures: compact JWS (RFC 7515), ES256 and nothing else, typed by what they say.

One key signs several kinds of things, so every header says in ``typ`` which kind it is (RFC 8725
section 3.11), and a verifier names the kind it expects: a receipt never passes for a message.
A header has exactly ``alg``, ``kid``, ``typ`` and the members of its kind; with anything else in
it (``crit``, ``b64``, ``jwk``, ``x5u``) nothing is verified.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from exchange.crypto.canonical import b64url, canonical, strict_json, unb64url
from exchange.crypto.es256 import verify_es256
from exchange.errors import Code, ExchangeError
from exchange.ports import KeyProvider

Jwks = Iterable[Mapping[str, object]]
"""Public JWKs, as ``KeyProvider.public_keys`` gives them or ``keys`` of ``/v1/sleutels`` lists."""

_LONGEST_HEADER = 2048


class Kind(StrEnum):
    """What a signature of the gateway is put under: its ``typ``."""

    SEALED = "verzegeld+jws"  # inside every sealed message
    RECEIPT = "ontvangstbewijs+jws"  # detached, over a receipt
    MANIFEST = "manifest+jws"  # over the list of a release's files
    EXTRACT = "logboekuittreksel+jws"  # detached, over records that were taken along as a file
    CUSTODY = "bewaarketen+jws"  # detached, over the chain of custody of a message


class SignatureBroken(ExchangeError):
    """A signature that proves nothing: malformed, of another kind, of an unknown key, or wrong."""

    def __init__(self) -> None:
        super().__init__(Code.INTERNE_FOUT, rule="signature-broken")


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature was found to say: the payload, who signed, and the header's own members."""

    payload: bytes = field(repr=False)
    kid: str
    members: Mapping[str, str]


def sign_compact(payload: bytes, kind: Kind, keys: KeyProvider, **members: str) -> str:
    """Give ``payload`` as a compact JWS of ``kind`` whose header also carries ``members``."""
    body = b64url(payload)
    header, signature = sign_parts(body, kind, keys, members)
    return f"{header}.{body}.{signature}"


def sign_parts(
    body: str, kind: Kind, keys: KeyProvider, members: Mapping[str, str]
) -> tuple[str, str]:
    """Give the first and third part of the JWS whose second part is ``body``."""
    headers: dict[str, str] = {}

    def signed_by(kid: str) -> bytes:
        header = headers[kid] = _written(kid, kind, members) if members else _bare(kid, kind)
        return f"{header}.{body}".encode("ascii")

    kid, signature = keys.sign_named(signed_by)
    return headers[kid], b64url(signature)


@lru_cache(maxsize=64)
def _bare(kid: str, kind: Kind) -> str:
    """Give the header without members of its own: the same for everything a key signs so."""
    return _written(kid, kind, {})


def _written(kid: str, kind: Kind, members: Mapping[str, str]) -> str:
    return b64url(canonical({"alg": "ES256", "kid": kid, "typ": kind.value, **members}))


def verify_compact(token: str, kind: Kind, jwks: Jwks, *members: str) -> Signed:
    """Verify what ``sign_compact`` made and give what it says; raise ``SignatureBroken``.

    ``members`` names the header members of this kind: all must be there, as texts.
    """
    parts = token.split(".")
    if len(parts) != 3:
        raise SignatureBroken
    try:
        header = _header(parts[0], kind, members)
        payload, signature = unb64url(parts[1]), unb64url(parts[2])
    except ValueError:
        raise SignatureBroken from None
    signed = f"{parts[0]}.{parts[1]}".encode("ascii")
    if not any(verify_es256(jwk, signed, signature) for jwk in _named(header["kid"], jwks)):
        raise SignatureBroken
    return Signed(payload, header["kid"], {member: header[member] for member in members})


def _header(part: str, kind: Kind, members: tuple[str, ...]) -> dict[str, str]:
    header = strict_json(unb64url(part)) if len(part) <= _LONGEST_HEADER else None
    if not isinstance(header, dict) or header.keys() != {"alg", "kid", "typ", *members}:
        raise ValueError("not a header of this kind")
    if header["alg"] != "ES256" or header["typ"] != kind.value:
        raise ValueError("another algorithm or another kind")
    if not all(isinstance(value, str) for value in header.values()):
        raise ValueError("a member is no text")
    return header


def _named(kid: str, jwks: Jwks) -> list[Mapping[str, object]]:
    """Give the keys of that name that are for ES256 signatures; others stand in the same list."""
    return [
        jwk
        for jwk in jwks
        if jwk.get("kid") == kid
        and jwk.get("use", "sig") == "sig"
        and jwk.get("alg", "ES256") == "ES256"
    ]
