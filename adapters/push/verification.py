"""The recipient's side: checks that a notice is from the gateway, for this URL, new and whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import httpx
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
)

from adapters.push.event import subject_of
from adapters.push.signature import COVERED, TAG, VALID_FOR, Es256
from exchange.crypto.signatures import Jwks, SignatureBroken

_LONGEST_BODY: Final = 4096


def verify_push(request: httpx.Request, jwks: Jwks) -> UUID | int:
    """Give the berichtId of a notice, or the nummer of a levering.

    Raise ``SignatureBroken`` for anything doubtful.

    Build ``request`` from what came in: method, all header lines, body, and as URL the one you
    registered (not one made of the ``Host`` header: that one the sender chose). ``jwks`` are the
    keys of ``/v1/sleutels``; the time is that of this machine. A repeat within ``VALID_FOR``
    verifies again and gives the same id: looking in the mailbox twice is harmless.
    """
    verifier = HTTPMessageVerifier(signature_algorithm=Es256, key_resolver=_Published(jwks))
    body = request.content
    if len(body) > _LONGEST_BODY:
        raise SignatureBroken
    try:
        verified = verifier.verify(
            request, max_age=VALID_FOR, expect_tag=TAG, require_components=COVERED, body=body
        )
    except (HTTPMessageSignaturesException, ValueError):  # a cause may quote what was sent
        raise SignatureBroken from None
    if any("expires" not in one.parameters for one in verified):
        raise SignatureBroken
    try:
        return subject_of(request.headers["ce-type"], request.headers["ce-id"], body)
    except ValueError:
        raise SignatureBroken from None


class _Published(HTTPSignatureKeyResolver):
    """The gateway's keys by thumbprint; a key for another use is none."""

    def __init__(self, jwks: Jwks) -> None:
        self._jwks = tuple(jwks)

    def resolve_public_key(self, key_id: str) -> Mapping[str, object] | None:
        return next(
            (
                jwk
                for jwk in self._jwks
                if jwk.get("kid") == key_id and jwk.get("use", "sig") == "sig"
            ),
            None,
        )
