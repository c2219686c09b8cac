"""What of a notice is signed, and how: RFC 9421 with ES256 and the gateway's key.

| Part | What it is |
|---|---|
| components | `COVERED`: the URL, the event's attributes, and the digest of the body (RFC 9530) |
| `created`, `expires` | `VALID_FOR` apart; a repeat within it shows by its `ce-id` |
| `keyid` | the RFC 7638 thumbprint under which `/v1/sleutels` lists the key |
| `tag` | `TAG`, so that a signature for another purpose never passes for this one |

The key signs JWS too; none of those begins with a quotation mark, as every signature base does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import httpx
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPSignatureAlgorithm,
    InvalidSignature,
)

from exchange.crypto.es256 import verify_es256
from exchange.ports import KeyProvider

COVERED: Final = (
    "@method",
    "@target-uri",
    "content-type",
    "content-digest",
    "ce-specversion",
    "ce-id",
    "ce-source",
    "ce-type",
    "ce-time",
)
TAG: Final = "verzuim-exchange-push"
VALID_FOR: Final = timedelta(minutes=5)
_LABEL: Final = "poort"


class Es256(HTTPSignatureAlgorithm):
    """``ecdsa-p256-sha256`` (RFC 9421 section 3.3.4) over our own primitives; keys are JWKs."""

    algorithm_id = "ecdsa-p256-sha256"

    def __init__(
        self, public_key: Mapping[str, object] | None = None, private_key: None = None
    ) -> None:
        self._public_key = public_key or {}

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raise ``InvalidSignature`` unless the key signed ``message``."""
        if not verify_es256(self._public_key, message, signature):
            raise InvalidSignature("not signed by this key")


def sign_push(request: httpx.Request, keys: KeyProvider, now: datetime) -> None:
    """Add ``Content-Digest``, ``Signature-Input`` and ``Signature`` to ``request``.

    The key may be rotated between asking its name and using it; then sign again under the new one.
    """
    signer = HTTPMessageSigner(signature_algorithm=Es256)
    while True:
        kid = keys.signing_kid()
        prepared = signer.prepare(
            request,
            key_id=kid,
            created=now,
            expires=now + VALID_FOR,
            label=_LABEL,
            tag=TAG,
            covered_component_ids=COVERED,
            body=request.content,
            use_existing_digest=True,
        )
        signature = keys.sign(prepared.signature_base)
        if keys.signing_kid() == kid:
            signer.apply(request, prepared, signature)
            return
