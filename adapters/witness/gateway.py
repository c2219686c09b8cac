"""The log as anybody may ask for it over HTTPS; nothing that comes back is believed, nor its size.

What is asked is public, so no certificate is shown.
"""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

from adapters.bounded import BoundedTransport
from adapters.complaint import out_of_service
from adapters.tls import only_strong
from exchange.errors import Code, Unavailable

_READ_SECONDS = 10.0
_WHOLE_SECONDS = 30.0
_LARGEST = 64 * 1024
_HEADERS = 64 * 1024


class LogGateway:
    """The calls of contract section 4 that a witness makes; each raises ``Unavailable``."""

    def __init__(self, url: str, ca: Path | None) -> None:
        """Talk to ``url``, trusting ``ca`` alone (PEM), or else the CAs of this machine."""
        if httpx.URL(url).scheme != "https":
            raise out_of_service("adres van het logboek", "Een adres begint met https://.")
        self._client = httpx.Client(
            base_url=url,
            transport=BoundedTransport(_tls(ca), _WHOLE_SECONDS, _LARGEST + _HEADERS),
            timeout=_READ_SECONDS,
            trust_env=False,
            follow_redirects=False,
            headers={"accept-encoding": "identity"},
        )

    def checkpoint(self) -> bytes:
        """Give the newest signed head."""
        return self._get("/v1/logboek/checkpoint", "text/plain")

    def consistency(self, old: int, new: int) -> bytes:
        """Give what is said to prove that the log grew from ``old`` to ``new`` records."""
        path = str(httpx.URL("/v1/logboek/consistentie", params={"van": old, "tot": new}))
        return self._get(path, "application/json")

    def keys(self) -> bytes:
        """Give the public keys that the gateway says it has."""
        return self._get("/v1/sleutels", "application/json")

    def offer(self, size: int, line: str) -> bool:
        """Offer a signature line under the head of ``size``; False when it is not wanted."""
        path = str(httpx.URL("/v1/logboek/cosignatures", params={"omvang": size}))
        headers = {"content-type": "text/plain; charset=utf-8", "accept": "application/json"}
        status, _ = self._call("POST", path, headers, line.encode())
        if status >= 500 or status == 429:
            raise _unwell(f"status {status}")
        return status in {200, 201}

    def close(self) -> None:
        """Close what is open."""
        self._client.close()

    def _get(self, path: str, media_type: str) -> bytes:
        status, body = self._call("GET", path, {"accept": media_type}, None)
        if status != 200:
            raise _unwell(f"status {status}")
        return body

    def _call(
        self, method: str, path: str, headers: dict[str, str], content: bytes | None
    ) -> tuple[int, bytes]:
        """Make one call, in bounded time and bytes."""
        try:
            with self._client.stream(method, path, headers=headers, content=content) as answer:
                return answer.status_code, _bounded(answer)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unwell(type(error).__name__) from error


def _bounded(answer: httpx.Response) -> bytes:
    body = b""
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > _LARGEST:
            raise _unwell("antwoord-te-groot")
    return body


def _tls(ca: Path | None) -> ssl.SSLContext:
    if ca is None:
        return only_strong(ssl.create_default_context())
    alone = only_strong(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    alone.verify_flags |= ssl.VERIFY_X509_STRICT
    try:
        alone.load_verify_locations(ca)
    except OSError as error:
        raise out_of_service("CA van het logboek", f"{ca} is niet te lezen.") from error
    return alone


def _unwell(reden: str) -> Unavailable:
    return Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=reden)
