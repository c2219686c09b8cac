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

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import httpx
from http_message_signatures import HTTPSignatureAlgorithm, InvalidSignature

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
    The base is written here and read back by a library of others: with one kind of message there is
    nothing to work out, and that work was a fifth of what a notice costs.
    """
    request.headers["content-digest"] = f"sha-256=:{_base64(sha256(request.content).digest())}:"
    derived = {"@method": request.method, "@target-uri": str(request.url)}
    told = [derived.get(name) or request.headers[name] for name in COVERED]
    lines = [f'"{name}": {value}' for name, value in zip(COVERED, told, strict=True)]
    created, expires = (int(moment.timestamp()) for moment in (now, now + VALID_FOR))
    while True:
        kid = keys.signing_kid()
        parameters = (
            f'{_COMPONENTS};created={created};keyid="{kid}";alg="{Es256.algorithm_id}"'
            f';expires={expires};tag="{TAG}"'
        )
        base = "\n".join((*lines, f'"@signature-params": {parameters}'))
        signature = keys.sign(base.encode("ascii"))
        if keys.signing_kid() == kid:
            request.headers["signature-input"] = f"{_LABEL}={parameters}"
            request.headers["signature"] = f"{_LABEL}=:{_base64(signature)}:"
            return


_COMPONENTS: Final = "(" + " ".join(f'"{name}"' for name in COVERED) + ")"


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
