"""What a search was asked with, read the same way for a look and for an export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exchange.accountability.record import Action
from exchange.accountability.register import register
from exchange.console.page import Visitor
from exchange.console.views.search_form import Asked, Books, read_search
from exchange.messages.outcome import Outcome
from exchange.pipeline.logregels import Vraag

_NAMES = {"berichtId": "bericht_id", "actie": "action"}


def asked_by(given: Mapping[str, str], visitor: Visitor) -> Asked:
    """Read the fields of a search from a form or an address."""
    gateway = visitor.gateway
    known = register(gateway.necessity, gateway.activities, gateway.mode)
    books = Books(
        parties=gateway.directory().parties,
        actions=[action.value for action in Action],
        activities=[activity.id for activity in known.activities],
        outcomes=[outcome.value for outcome in Outcome],
        today=gateway.today(),
    )
    return read_search(given, books)


def question_of(asked: Asked) -> Vraag:
    """Give the question to the log; only for a form without errors."""
    answers: dict[str, Any] = {_NAMES.get(k, k): v for k, v in asked.answers.items()}
    return Vraag(**answers)
