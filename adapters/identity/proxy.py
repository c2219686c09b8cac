"""Identity on a listener behind a proxy that ends TLS: the ``Client-Cert`` header (RFC 9440).

Only a listener that the proxy alone can reach may be built with this; every other one reads over
the header, whoever sends it. The proxy verifies the chain and removes the header from outside.
"""

from __future__ import annotations

import base64
import re
from typing import Final

from adapters.identity.peers import KnownCertificates, PeerOf, Scope
from exchange.errors import Code, Refused
from exchange.pipeline.stages import Peer
from exchange.ports import Clock

_HEADER: Final = b"client-cert"
_BYTE_SEQUENCE: Final = re.compile(rb":([A-Za-z0-9+/]+={0,2}):")
"""RFC 9651 section 3.3.5; RFC 9440 section 2.1 defines no parameters."""

_LONGEST: Final = 16 * 1024


def peer_from_client_cert_header(clock: Clock) -> PeerOf:
    """Give the reader of the header; its peer is None when there is no header at all.

    Two headers, or one that is no certificate in force, are ``niet-aangemeld``: never a guess.
    """
    known = KnownCertificates[bytes](clock, _der)

    def peer_of(scope: Scope) -> Peer | None:
        values = [value for name, value in scope["headers"] if name == _HEADER]
        if len(values) > 1:
            raise Refused(Code.NIET_AANGEMELD)
        return known.peer(values[0]) if values else None

    return peer_of


def _der(value: bytes) -> bytes:
    match = _BYTE_SEQUENCE.fullmatch(value) if len(value) <= _LONGEST else None
    if match is None:
        raise Refused(Code.NIET_AANGEMELD)
    try:
        return base64.b64decode(match[1], validate=True)
    except ValueError:
        raise Refused(Code.NIET_AANGEMELD) from None
