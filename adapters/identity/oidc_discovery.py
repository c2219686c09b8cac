"""What an OpenID provider publishes about itself (OIDC Discovery 1.0): its addresses and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from authlib.oidc.discovery import (  # type: ignore[import-untyped]  # it ships no types
    OpenIDProviderMetadata,
    get_well_known_url,
)

from adapters.identity.oidc_http import Http, unavailable
from exchange.ports import Clock

_REMEMBERED = timedelta(hours=1)
_ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Published:
    """What the provider said, read at one moment."""

    read_at: datetime
    authorization_endpoint: str
    token_endpoint: str
    keys: Sequence[Mapping[str, Any]] = field(repr=False)


class Discovery:
    """Reads what ``issuer`` publishes, and remembers it for an hour."""

    def __init__(self, issuer: str, http: Http, clock: Clock) -> None:
        self._issuer = issuer
        self._http = http
        self._clock = clock
        self._published: Published | None = None
        http.require_safe(issuer)

    async def current(self) -> Published:
        """Give what is published; ``Unavailable`` when it cannot be read or is of another."""
        now, known = self._clock.now(), self._published
        if known is None or not timedelta() <= now - known.read_at < _REMEMBERED:
            return await self.renewed()
        return known

    async def renewed(self) -> Published:
        """Read it again: the provider may have changed its keys."""
        metadata = OpenIDProviderMetadata(
            await self._http.get(get_well_known_url(self._issuer, external=True))
        )
        if metadata.get("issuer") != self._issuer:
            raise unavailable("issuer")
        for name in _ADDRESSES:
            self._http.require_safe(metadata.get(name))
        keys = (await self._http.get(metadata["jwks_uri"])).get("keys")
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise unavailable("sleutels")
        addresses = (metadata["authorization_endpoint"], metadata["token_endpoint"])
        self._published = Published(self._clock.now(), *addresses, keys)
        return self._published
