"""What every TLS connection of ours is held to, whichever side we are on."""

from __future__ import annotations

import ssl
from typing import Final

_TLS12_SUITES: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2; TLS 1.3 has nothing weaker (NCSC, ICT-beveiligingsrichtlijnen voor TLS)."""


def only_strong(context: ssl.SSLContext) -> ssl.SSLContext:
    """Limit ``context`` to TLS 1.2 and 1.3 with ECDHE and AEAD; no compression or renegotiation."""
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_TLS12_SUITES)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    return context
