"""Sends the registrations of a month, delivery by delivery, as each supplier."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus

from exchange.sandbox.screen.board import Board
from exchange.sandbox.story.caller import Caller
from exchange.sandbox.story.delivery import Delivered, Delivery

_PATH = "/v1/verzuimregistraties"


def register(
    deliveries: Iterable[Delivery], callers: Callable[[str], Caller], board: Board
) -> list[Delivered]:
    """Send them in the order given; give what became of each."""
    told = []
    for delivery in deliveries:
        told.append(_send(delivery, callers(delivery.sender)))
        board.delivered(told[-1])
    return told


def _send(delivery: Delivery, caller: Caller) -> Delivered:
    reply = caller.call("POST", _PATH, delivery.packed, delivery.headers)
    document = json.loads(reply.body)
    if reply.status != HTTPStatus.ACCEPTED:
        return Delivered(delivery, None, str(document.get("code", reply.status)))
    is_new = reply.headers.get("idempotent-replayed") != "true"
    return Delivered(delivery, document, is_new=is_new)
