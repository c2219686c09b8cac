"""Talks to the gateway as one party: over mTLS, one call at a time, as any administration would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Self

import httpx

from adapters.http import mtls_client
from exchange.errors import Code, Unavailable

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Reply:
    """What the gateway answered; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class PartyClient:
    """A keep-alive connection that shows one party's certificate and trusts one CA."""

    def __init__(self, base_url: str, ca: Path, cert: Path, key: Path) -> None:
        self._http = mtls_client(base_url, ca, cert, key)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> Reply:
        """Give the answer, whatever its status; a body goes as JSON.

        Raises ``Unavailable`` when there is no answer: the call may have had its effect all the
        same, so a POST is repeated with its own idempotency key.
        """
        typed = {"content-type": "application/json"} if body is not None else {}
        try:
            answer = self._http.request(method, path, content=body, headers={**typed, **headers})
        except httpx.TransportError as error:
            raise Unavailable(
                Code.DIENST_ONBESCHIKBAAR, reden=f"de poort antwoordt niet: {type(error).__name__}"
            ) from None
        return Reply(answer.status_code, answer.headers, answer.content)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()
