"""Asks the operator's port whether the gateway is ready."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from http import HTTPStatus
from time import monotonic

from exchange.config import Listen
from exchange.sandbox.setup.folder import trouble

_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.1


def await_ready(place: Listen, pause: Callable[[float], None], say: Callable[[str], None]) -> None:
    """Wait until ``/readyz`` answers 200; ``say`` hears each new reason why it does not yet.

    ``pause`` sleeps, and may raise to end the wait. Raises ``Unavailable`` after a minute.
    """
    deadline, said = monotonic() + _PATIENCE_SECONDS, ""
    while True:
        reasons = _reasons(place)
        if reasons is None:
            return
        if reasons not in ("", said):
            say(reasons)
            said = reasons
        if monotonic() > deadline:
            raise trouble("de poort wordt niet klaar; zie logs/gateway.log")
        pause(_PAUSE_SECONDS)


def _reasons(place: Listen) -> str | None:
    """Give what the gateway waits for; nothing at all when it is ready."""
    connection = http.client.HTTPConnection(place.host, place.port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        text = answer.read(1000).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()
    return None if answer.status == HTTPStatus.OK else "; ".join(text.split("\n")).strip("; ")
