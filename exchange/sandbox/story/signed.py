"""Whether a receipt is the gateway's own, and about exactly what was sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from exchange.crypto.canonical import unb64url
from exchange.crypto.receipts import verify_detached
from exchange.crypto.signatures import Jwks, SignatureBroken
from exchange.sandbox.story.told import Receipt


class Signed:
    """Checks receipts with the gateway's public keys."""

    def __init__(self, jwks: Jwks) -> None:
        self._jwks = tuple(jwks)

    def faults(self, receipt: Receipt, sent: bytes) -> Iterator[str]:
        """Give what is wrong with the signature or the digest of a receipt for ``sent``."""
        yield from self.signature_faults(receipt)
        digest = hashlib.sha256(unb64url(receipt["zout"]) + sent).digest()
        if digest != unb64url(receipt["inhoudshash"]):
            yield "de inhoudshash op het ontvangstbewijs past niet bij wat verstuurd is"

    def signature_faults(self, receipt: Receipt) -> Iterator[str]:
        """Give what is wrong with the signature."""
        try:
            verify_detached(receipt, receipt["handtekening"], self._jwks)
        except SignatureBroken:
            yield "de handtekening op een ontvangstbewijs klopt niet"
