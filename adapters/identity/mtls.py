"""Identity on a listener that ends TLS itself: the certificate of the connection, nothing else."""

from __future__ import annotations

import asyncio
import ssl
from functools import cache
from typing import Any, Final

from adapters.identity.peers import KnownCertificates, PeerOf, Scope, Shown
from adapters.identity.trust import Trust
from adapters.tls import only_strong
from exchange.api.protocol import HttpProtocol
from exchange.crypto.subject_name import subject_name
from exchange.pipeline.stages import Peer

_FAREWELL_SECONDS: Final = 0.5
_MOST: Final = 8
_VERSION_NUMBERS: Final = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}


class TlsProtocol(HttpProtocol):
    """Our HTTP protocol with the ASGI TLS extension: ``uvicorn.Config(http=TlsProtocol)``."""

    _tls: dict[object, object] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own narrowing
        """Describe the TLS connection once, after its handshake."""
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        self._tls = _described(tls) if tls is not None else None

    def on_message_begin(self) -> None:
        """Give every request on it that description; without TLS there is none."""
        super().on_message_begin()
        if self._tls is not None:
            self.scope.setdefault("extensions", {})["tls"] = self._tls

    def shutdown(self) -> None:
        """End the connection after the request under way, or at once when there is none."""
        super().shutdown()
        self.loop.call_later(_FAREWELL_SECONDS, self._hang_up, self.transport.is_closing())

    def _hang_up(self, was_closing: bool) -> None:
        """Drop a connection that is being closed: its client need not answer the TLS farewell.

        An idle client reads nothing, and asyncio would wait half a minute for that answer. What
        is still to be sent goes first, and has one more turn to leave for the kernel.
        """
        if self not in self.connections:
            return
        is_closing = self.transport.is_closing()
        if was_closing and is_closing and not self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.loop.call_later(_FAREWELL_SECONDS, self._hang_up, is_closing)


def peer_from_tls(trust: Trust) -> PeerOf:
    """Give the reader of the TLS extension; its peer is None when no certificate was shown."""
    known = KnownCertificates[tuple[str, ...]](trust, _shown)

    def peer_of(scope: Scope) -> Peer | None:
        tls = scope.get("extensions", {}).get("tls")
        chain = tls["client_cert_chain"] if tls else ()
        return known.peer(tuple(chain)) if chain else None

    return peer_of


def _shown(chain: tuple[str, ...]) -> Shown:
    leaf, *offered = (ssl.PEM_cert_to_DER_cert(pem) for pem in chain)
    return leaf, tuple(offered)


def _described(tls: ssl.SSLObject) -> dict[object, object]:
    """Give the members of the ASGI TLS extension (version 0.2); what we do not know is None."""
    der = tls.getpeercert(binary_form=True)
    cipher, version = tls.cipher(), tls.version()
    return {
        "server_cert": None,
        "client_cert_chain": [
            ssl.DER_cert_to_PEM_cert(one) for one in (_chain(tls) if der else ())
        ],
        "client_cert_name": subject_name(der) if der else None,
        "client_cert_error": None,
        "tls_version": _VERSION_NUMBERS.get(version) if version else None,
        "cipher_suite": _suite_numbers().get(cipher[0]) if cipher else None,
    }


def _chain(tls: Any) -> list[bytes]:  # noqa: ANN401  before Python 3.13 it is reached from within
    """Give what the client showed, its own certificate first; OpenSSL believed the first alone."""
    if hasattr(tls, "get_unverified_chain"):
        return list(tls.get_unverified_chain())[:_MOST]
    shown = tls._sslobj.get_unverified_chain()[:_MOST]  # noqa: SLF001
    return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in shown]


@cache
def _suite_numbers() -> dict[str, int]:
    """Give the IANA number of each suite that ``only_strong`` leaves, by OpenSSL's name for it."""
    ours = only_strong(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)).get_ciphers()
    return {suite["name"]: suite["id"] & 0xFFFF for suite in ours}
