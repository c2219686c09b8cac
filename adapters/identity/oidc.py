"""Signs people in at an OpenID provider: authorization code, PKCE, and an ID token that is checked.

Authlib's own HTTP client is left aside (it wants another library than the one that we pin): what it
knows of the protocol is used, and requests are made beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from authlib.oauth2.rfc6749.parameters import (  # type: ignore[import-untyped]  # it ships no types
    prepare_grant_uri,
    prepare_token_request,
)
from authlib.oauth2.rfc7636 import (  # type: ignore[import-untyped]  # it ships no types
    create_s256_code_challenge,
)
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]  # it ships no types

from adapters.identity.oidc_discovery import Discovery
from adapters.identity.oidc_http import Http, refused, unavailable
from exchange.crypto.id_token import (
    CLAIM_ERRORS,
    NotVerified,
    UnknownKey,
    Verified,
    verify_id_token,
)
from exchange.ports import Clock, Identity

_LEEWAY_SECONDS = 60
_TOKEN_AGE_SECONDS = 600
_LONGEST_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """``returns_to`` is the address registered at the provider; ``secret`` a file, if there is one.

    ``acr`` is the strength of signing in that is asked for and required; ``ca`` a PEM file to trust
    instead of the public CAs.
    """

    issuer: str
    client_id: str
    returns_to: str
    secret: Path | None = None
    acr: str | None = None
    ca: Path | None = None
    allow_plain: bool = False


class OidcProvider:
    """``exchange.ports.SignInProvider`` over OpenID Connect Core 1.0."""

    def __init__(self, settings: OidcSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._http = Http.open(settings.ca, allow_plain=settings.allow_plain)
        self._discovery = Discovery(settings.issuer, self._http, clock)

    async def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        """See ``SignInProvider``; of all that is secret only digests and ``state`` are in it."""
        address: str = prepare_grant_uri(
            (await self._discovery.current()).authorization_endpoint,
            self._settings.client_id,
            "code",
            self._settings.returns_to,
            "openid",
            state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            acr_values=self._settings.acr,
        )
        return address

    async def identify(self, code: str, nonce: str, verifier: str) -> Identity:
        """See ``SignInProvider``; checks are those of OpenID Connect Core 3.1.3.7."""
        answer = await self._redeemed(code, verifier)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise refused("geen-id-token")
        try:
            verified = await self._verified(token)
        except NotVerified as error:
            raise refused(error.rule) from None
        return self._identity(verified, nonce, answer.get("access_token"))

    async def _redeemed(self, code: str, verifier: str) -> Mapping[str, Any]:
        """Exchange the code for what it stands for."""
        settings = self._settings
        form = {"code": code, "code_verifier": verifier}
        if settings.secret is None:
            form["client_id"] = settings.client_id
        body = prepare_token_request("authorization_code", "", settings.returns_to, **form)
        auth = _basic(settings.client_id, settings.secret) if settings.secret else None
        endpoint = (await self._discovery.current()).token_endpoint
        return await self._http.post(endpoint, body, auth)

    async def _verified(self, token: str) -> Verified:
        """Verify with the keys we know; for a key we do not know yet, once with fresh ones."""
        try:
            return verify_id_token(token, (await self._discovery.current()).keys)
        except UnknownKey:
            return verify_id_token(token, (await self._discovery.renewed()).keys)

    def _identity(self, verified: Verified, nonce: str, access_token: object) -> Identity:
        settings, now = self._settings, int(self._clock.now().timestamp())
        expected = {"iss": settings.issuer, "aud": settings.client_id}
        if settings.acr is not None:
            expected["acr"] = settings.acr
        options = {name: {"essential": True, "value": value} for name, value in expected.items()}
        given = {"nonce": nonce, "client_id": settings.client_id, "access_token": access_token}
        claims = CodeIDToken(verified.claims, verified.header, options, given)
        try:
            claims.validate(now=now, leeway=_LEEWAY_SECONDS)
        except CLAIM_ERRORS as error:
            raise refused(getattr(error, "claim", None) or type(error).__name__) from None
        if now - claims["iat"] > _TOKEN_AGE_SECONDS:
            raise refused("iat")
        if not 0 < len(claims["sub"]) <= _LONGEST_SUBJECT:
            raise refused("sub")
        return Identity(settings.issuer, claims["sub"])


def _basic(client_id: str, secret: Path) -> httpx.BasicAuth:
    """Both parts are form-encoded first (RFC 6749 section 2.3.1)."""
    try:
        text = secret.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise unavailable("client secret") from None
    return httpx.BasicAuth(quote(client_id, safe=""), quote(text, safe=""))
