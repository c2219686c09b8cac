"""Verifies the signature of an ID token (OpenID Connect Core 3.1.3.7) with the provider's keys.

Only asymmetric algorithms that OIDC NLGOV 1.0.1 names: under HS256 whoever knows the client's
secret would be the provider, and ``none`` is nobody's signature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from exchange.crypto.canonical import strict_json, unb64url

CLAIM_ERRORS = (JoseError,)
"""What the checks of claims raise that stand on the same library."""

ALGORITHMS = ("PS256", "RS256", "ES256")
_KEY_TYPES = {"PS256": "RSA", "RS256": "RSA", "ES256": "EC"}
_PUBLIC_MEMBERS = frozenset({"kty", "n", "e", "crv", "x", "y"})
_LONGEST = 16 * 1024
_FEWEST_RSA_BITS = 2048


class NotVerified(Exception):
    """The token is nobody's word; ``rule`` says which check failed, never what the token holds."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class UnknownKey(NotVerified):
    """The provider's keys that we have do not include the one named: it may have a newer one."""


@dataclass(frozen=True, slots=True)
class Verified:
    """Header and claims of a token with a good signature; of its claims nothing is checked yet."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any] = field(repr=False)


def verify_id_token(token: str, jwks: Sequence[Mapping[str, Any]]) -> Verified:
    """Give what a compact JWS says, or raise ``NotVerified``."""
    if len(token) > _LONGEST:
        raise NotVerified("te-lang")
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
    except (JoseError, ValueError):
        raise NotVerified("geen-jws") from None
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS or header.keys() - {"alg", "kid", "typ", "x5t", "x5t#S256"}:
        raise NotVerified("algoritme")
    key = _key(_named(header.get("kid"), _KEY_TYPES[algorithm], algorithm, jwks))
    try:
        payload = jws.deserialize_compact(token, key, algorithms=[algorithm]).payload
    except (JoseError, ValueError):
        raise NotVerified("handtekening") from None
    return Verified(header, _claims(payload))


def _named(
    kid: object, key_type: str, algorithm: str, jwks: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any]:
    """Give the one key that the header means; without a ``kid`` there must be no choice."""
    fitting = [
        jwk
        for jwk in jwks
        if jwk.get("kty") == key_type
        and jwk.get("use", "sig") == "sig"
        and jwk.get("alg", algorithm) == algorithm
        and (kid is None or jwk.get("kid") == kid)
    ]
    if len(fitting) != 1:
        raise UnknownKey("sleutel")
    return fitting[0]


def _key(jwk: Mapping[str, Any]) -> RSAKey | ECKey:
    public = {name: value for name, value in jwk.items() if name in _PUBLIC_MEMBERS}
    try:
        if public["kty"] == "EC":
            return ECKey.import_key(public)
        if int.from_bytes(unb64url(public["n"])).bit_length() < _FEWEST_RSA_BITS:
            raise NotVerified("sleutel")
        return RSAKey.import_key(public)
    except (JoseError, ValueError, KeyError, TypeError):
        raise NotVerified("sleutel") from None


def _claims(payload: bytes) -> Mapping[str, Any]:
    try:
        claims = strict_json(payload)
    except ValueError:
        raise NotVerified("inhoud") from None
    if not isinstance(claims, dict):
        raise NotVerified("inhoud")
    return claims
