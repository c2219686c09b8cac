"""Whether every receipt is signed, fits what was sent, and says where the message stands."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial

from exchange.crypto.canonical import unb64url
from exchange.crypto.receipts import verify_detached
from exchange.crypto.signatures import Jwks, SignatureBroken
from exchange.policy.parties import Role
from exchange.policy.status import Status
from exchange.sandbox.story.caller import Caller, Pause
from exchange.sandbox.story.plan import Fate
from exchange.sandbox.story.told import Receipt, Told, stream

_LOOKS = 50  # a bevestiging may follow the line in the journal by a moment
_LOOK_SECONDS = 0.1


class Receipts:
    """Checks with the gateway's public keys, and asks for today's receipt as the sender."""

    def __init__(self, jwks: Jwks, callers: Callable[[str], Caller], pause: Pause) -> None:
        self._jwks = tuple(jwks)
        self._callers = callers
        self._pause = pause

    def faults(self, told: Told, *, is_fetched: bool) -> Iterator[str]:
        """Give what is wrong with the receipt of the moment itself, and with today's."""
        expected = _expected_status(told, is_fetched=is_fetched).value
        fresh = self._fresh(told, expected)
        for receipt in filter(None, (told.receipt, fresh, told.withdrawal)):
            yield from self._signature_faults(receipt)
        for receipt in filter(None, (told.receipt, fresh)):
            if not _is_hash_of(told.sent, receipt):
                yield "de inhoudshash op het ontvangstbewijs past niet bij wat verstuurd is"
        found = stream(fresh, Role.LEERPLICHT)["status"]
        if found != expected:
            yield f"status {found}, verwacht {expected}"

    def _fresh(self, told: Told, expected: str) -> Receipt:
        """Give today's receipt, as soon as it says what is expected or else after a while."""
        ask = partial(
            self._callers(told.planned.sender).get, f"/v1/ontvangstbewijzen/{told.bericht_id}"
        )
        receipt = ask()
        for _ in range(_LOOKS):
            if stream(receipt, Role.LEERPLICHT)["status"] == expected:
                break
            self._pause(_LOOK_SECONDS)
            receipt = ask()
        return receipt

    def _signature_faults(self, receipt: Receipt) -> Iterator[str]:
        try:
            verify_detached(receipt, receipt["handtekening"], self._jwks)
        except SignatureBroken:
            yield "de handtekening op een ontvangstbewijs klopt niet"


def _expected_status(told: Told, *, is_fetched: bool) -> Status:
    was_replaced = told.planned.fate is Fate.VERVANGEN and is_fetched
    if told.withdrawal is not None or was_replaced:
        return Status.INGETROKKEN
    return Status.BEVESTIGD if is_fetched else Status.WACHTEND


def _is_hash_of(sent: bytes, receipt: Receipt) -> bool:
    digest = hashlib.sha256(unb64url(receipt["zout"]) + sent).digest()
    return digest == unb64url(receipt["inhoudshash"])
