"""Identity on a listener behind a proxy that ends TLS: RFC 9440, ``Client-Cert`` and its chain.

Only a listener that the proxy alone can reach may be built with this; every other one reads over
the headers, whoever sends them. The proxy removes them from outside; that it verified the chain is
not taken for granted: that a client holds the private key is all that we learn from it.
"""

from __future__ import annotations

import base64
import re
from typing import Final

from adapters.identity.peers import KnownCertificates, PeerOf, Scope, Shown
from adapters.identity.trust import Trust
from exchange.errors import Code, Refused
from exchange.pipeline.stages import Peer

_HEADER: Final = b"client-cert"
_CHAIN: Final = b"client-cert-chain"
_BYTE_SEQUENCE: Final = re.compile(rb":([A-Za-z0-9+/]+={0,2}):")
"""RFC 9651 section 3.3.5; RFC 9440 section 2.1 defines no parameters."""

_LONGEST: Final = 16 * 1024
_LONGEST_CHAIN: Final = 48 * 1024
_MOST: Final = 8


def peer_from_client_cert_header(trust: Trust) -> PeerOf:
    """Give the reader of the headers; its peer is None when there is no certificate.

    Two, or one that is not believed, are ``niet-aangemeld``: never a guess. A chain only leads to a
    CA of ours, so who invents one has won nothing.
    """
    known = KnownCertificates[tuple[bytes, bytes]](trust, _shown)

    def peer_of(scope: Scope) -> Peer | None:
        values = [value for name, value in scope["headers"] if name == _HEADER]
        if len(values) > 1:
            raise Refused(Code.NIET_AANGEMELD)
        if not values:
            return None
        chain = b", ".join([value for name, value in scope["headers"] if name == _CHAIN])
        return known.peer((values[0], chain))

    return peer_of


def _shown(form: tuple[bytes, bytes]) -> Shown:
    leaf, chain = form
    if len(leaf) > _LONGEST or len(chain) > _LONGEST_CHAIN:
        raise Refused(Code.NIET_AANGEMELD)
    members = [member.strip(b" \t") for member in chain.split(b",")] if chain else []
    if len(members) > _MOST:
        raise Refused(Code.NIET_AANGEMELD)
    return _der(leaf), tuple(_der(member) for member in members)


def _der(value: bytes) -> bytes:
    match = _BYTE_SEQUENCE.fullmatch(value)
    if match is None:
        raise Refused(Code.NIET_AANGEMELD)
    try:
        return base64.b64decode(match[1], validate=True)
    except ValueError:
        raise Refused(Code.NIET_AANGEMELD) from None
