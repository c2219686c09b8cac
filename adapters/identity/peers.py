"""From a certificate that TLS verified to the peer it names, parsed once and checked every time."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic, TypeVar

from exchange.crypto.certificates import PeerCertificate, check_validity, read_certificate
from exchange.pipeline.stages import Peer
from exchange.ports import Clock

Scope = Any
"""An ASGI scope (type http); typed by the server, not by us."""

PeerOf = Callable[[Scope], Peer | None]
"""What a listener's kind of identity comes down to (``exchange.api.visit``)."""

_Form = TypeVar("_Form", str, bytes)

_REMEMBERED = 4096


class KnownCertificates(Generic[_Form]):
    """The certificates seen lately, by the form in which they arrive; the least used go first.

    ``der_of`` reads that form and raises ``Refused`` when it is malformed; so does ``peer``.
    """

    def __init__(self, clock: Clock, der_of: Callable[[_Form], bytes]) -> None:
        def read(form: _Form) -> PeerCertificate:
            return read_certificate(der_of(form))

        self._clock = clock
        self._read: Callable[[_Form], PeerCertificate] = lru_cache(maxsize=_REMEMBERED)(read)

    def peer(self, form: _Form) -> Peer:
        """Give the peer, whose certificate is valid now: a connection may outlive it."""
        certificate = self._read(form)
        check_validity(certificate, self._clock.now())
        return Peer(certificate.oin, certificate.thumbprint)
