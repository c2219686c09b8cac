"""Whether every receipt is signed, fits what was sent, and says where the message stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from exchange.policy.parties import Role
from exchange.policy.status import Status
from exchange.sandbox.story.caller import Caller, Pause
from exchange.sandbox.story.plan import Fate
from exchange.sandbox.story.signed import Signed
from exchange.sandbox.story.told import Receipt, Told, stream

_LOOKS = 50  # a bevestiging may follow the line in the journal by a moment
_LOOK_SECONDS = 0.1


class Receipts:
    """Checks them as ``signed``, and asks for today's receipt as the sender."""

    def __init__(self, signed: Signed, callers: Callable[[str], Caller], pause: Pause) -> None:
        self._signed = signed
        self._callers = callers
        self._pause = pause

    def faults(self, told: Told, *, is_fetched: bool) -> Iterator[str]:
        """Give what is wrong with the receipt of the moment itself, and with today's."""
        expected = _expected(told, is_fetched=is_fetched)
        fresh = self._fresh(told, expected)
        for receipt in filter(None, (told.receipt, fresh)):
            yield from self._signed.faults(receipt, told.sent)
        if told.withdrawal is not None:
            yield from self._signed.signature_faults(told.withdrawal)
        found = stream(fresh, Role.LEERPLICHT)["status"]
        if found not in expected:
            yield f"status {found}, verwacht {' of '.join(sorted(expected))}"

    def _fresh(self, told: Told, expected: frozenset[Status]) -> Receipt:
        """Give today's receipt, as soon as it says what is expected or else after a while."""
        ask = partial(
            self._callers(told.planned.sender).get, f"/v1/ontvangstbewijzen/{told.bericht_id}"
        )
        receipt = ask()
        for _ in range(_LOOKS):
            if stream(receipt, Role.LEERPLICHT)["status"] in expected:
                break
            self._pause(_LOOK_SECONDS)
            receipt = ask()
        return receipt


def _expected(told: Told, *, is_fetched: bool) -> frozenset[Status]:
    """Give what the status may be; without receivers now, earlier ones may have been there."""
    fate = told.planned.fate
    if told.withdrawal is not None or (fate is Fate.VERVANGEN and is_fetched):
        return frozenset({Status.INGETROKKEN})
    if is_fetched:
        return frozenset({Status.BEVESTIGD})
    ends_withdrawn = fate in {Fate.VERVANGEN, Fate.LATER_INGETROKKEN}
    earlier = Status.INGETROKKEN if ends_withdrawn else Status.BEVESTIGD
    return frozenset({Status.WACHTEND, Status.AFGELEVERD, earlier})
