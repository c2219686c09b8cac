"""Asks an OpenID provider something: bounded in time and bytes, over TLS, without redirects.

The operator names the provider, and it may live in a private network: its address is not held
against the rules for recipients. What it publishes about itself is: every address is https. What it
answers is bounded from the first byte of the handshake to the last of the body.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from adapters.push.network import CheckedNetwork
from adapters.push.transport import CheckedTransport
from adapters.tls import only_strong
from exchange.crypto.canonical import strict_json
from exchange.errors import Code, Refused, Unavailable

_SECONDS = 10.0
_STEP_SECONDS = 5.0
_ANSWER_BYTES = 256 * 1024
_HEADER_BYTES = 64 * 1024
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def refused(rule: str) -> Refused:
    """Give the error for a sign-in that proves nothing; ``rule`` says which check failed."""
    return Refused(Code.GEEN_RECHT, rule=rule)


def unavailable(what: str) -> Unavailable:
    """Give the error for a provider that does not do its part."""
    return Unavailable(Code.DIENST_ONBESCHIKBAAR, onderdeel=f"aanmelddienst ({what})")


@dataclass(frozen=True, slots=True)
class Http:
    """How to reach the provider: ``allow_plain`` lets one on this machine do without TLS.

    ``seconds`` are for a whole question and its answer.
    """

    tls: ssl.SSLContext
    allow_plain: bool
    seconds: float = _SECONDS

    @classmethod
    def open(cls, ca: Path | None, *, allow_plain: bool) -> Http:
        """Trust the public CAs, or those of a PEM file instead."""
        return cls(only_strong(ssl.create_default_context(cafile=ca)), allow_plain)

    def require_safe(self, address: object) -> None:
        """Let through https, and in a trial http on this machine."""
        parts = urlsplit(address) if isinstance(address, str) else urlsplit("")
        plain = self.allow_plain and parts.scheme == "http" and parts.hostname in _LOOPBACK
        if not parts.hostname or not (parts.scheme == "https" or plain) or parts.fragment:
            raise unavailable("adres")

    async def get(self, address: str) -> Mapping[str, Any]:
        """Give a document that the provider publishes."""
        status, content = await self._ask("GET", address)
        if status != httpx.codes.OK:
            raise unavailable("antwoord")
        return _document(content)

    async def post(
        self, address: str, form: str, auth: httpx.Auth | None = None
    ) -> Mapping[str, Any]:
        """Send a form and give the answer; a 4xx is the provider's no."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        status, content = await self._ask("POST", address, content=form, headers=headers, auth=auth)
        if httpx.codes.is_client_error(status):
            raise refused("code")
        if status != httpx.codes.OK:
            raise unavailable("antwoord")
        return _document(content)

    async def _ask(self, method: str, address: str, **request: Any) -> tuple[int, bytes]:  # noqa: ANN401
        network = CheckedNetwork(_ANSWER_BYTES + _HEADER_BYTES, allow_private=True)
        try:
            async with (
                asyncio.timeout(self.seconds),
                httpx.AsyncClient(
                    transport=CheckedTransport(network, lambda: self.tls),
                    timeout=_STEP_SECONDS,
                    follow_redirects=False,
                    trust_env=False,
                    headers={"accept-encoding": "identity"},
                ) as client,
                client.stream(method, address, **request) as response,
            ):
                return response.status_code, await _bounded(response)
        except _FAILURES:
            raise unavailable("verbinding") from None


_FAILURES = (
    OSError,
    TimeoutError,
    httpx.HTTPError,
    httpx.InvalidURL,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
)


async def _bounded(response: httpx.Response) -> bytes:
    if "content-encoding" in response.headers:  # not asked for, and it may unpack to anything
        raise unavailable("antwoord")
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > _ANSWER_BYTES:
            raise unavailable("antwoord")
    return bytes(content)


def _document(content: bytes) -> Mapping[str, Any]:
    try:
        document = strict_json(content)
    except ValueError:
        raise unavailable("antwoord") from None
    if not isinstance(document, dict):
        raise unavailable("antwoord")
    return document
