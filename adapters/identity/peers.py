"""From a certificate, in the form in which a listener gets it, to the peer that it names."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic, TypeAlias, TypeVar

from adapters.identity.trust import Trust
from exchange.pipeline.stages import Peer

Scope = Any
"""An ASGI scope (type http); typed by the server, not by us."""

PeerOf = Callable[[Scope], Peer | None]
"""What a listener's kind of identity comes down to (``exchange.api.visit``)."""

Shown: TypeAlias = tuple[bytes, tuple[bytes, ...]]
"""A certificate and those that were shown with it, DER."""

_Form = TypeVar("_Form")

_REMEMBERED = 4096


class KnownCertificates(Generic[_Form]):
    """The certificates seen lately, by the form in which they arrive; the least used go first.

    ``read`` decodes that form and raises ``Refused`` when it is malformed; so does ``peer``.
    """

    def __init__(self, trust: Trust, read: Callable[[_Form], Shown]) -> None:
        self._trust = trust
        self._read: Callable[[_Form], Shown] = lru_cache(maxsize=_REMEMBERED)(read)

    def peer(self, form: _Form) -> Peer:
        """Give the peer, whose certificate is believed now: a connection may outlive it."""
        certificate = self._trust.certificate(*self._read(form))
        return Peer(certificate.oin, certificate.thumbprint)
