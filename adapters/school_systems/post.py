"""Posts one body until the gateway has answered it: patient with an outage, at once with a no."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from random import SystemRandom
from typing import Any, Final

import httpx

from adapters.school_systems.halt import Halted
from exchange.crypto.canonical import strict_json
from exchange.errors import Code

ATTEMPTS: Final = 12
_FIRST_SECONDS: Final = 0.5
_LONGEST_SECONDS: Final = 30.0
_MOST_ASKED_SECONDS: Final = 600.0
_DEEPEST_CAUSE: Final = 10
_NOT_BELIEVED: Final = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")
"""In OpenSSL's reasons, ours and those that the other side gives."""

_AGAIN: Final = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_jitter = SystemRandom()

Pause = Callable[[float], bool]
"""Waits so many seconds; gives whether the sender was asked to stop meanwhile."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said; ``document`` is its JSON object, empty when it sent none."""

    status: int
    raw: bytes = field(repr=False)
    document: Mapping[str, Any] = field(repr=False)

    @property
    def code(self) -> Code | None:
        """Give the code of a problem, if it is one that we know."""
        try:
            return Code(str(self.document.get("code")))
        except ValueError:
            return None


class Post:
    """Posts over ``client``, which holds the party's certificate.

    A connection that breaks, 408, 429, 502, 503, 504 and 409 ``idempotentiesleutel-bezig`` are
    tried again with the same bytes under the same key: after 0.5 s, doubling to 30 s, or after what
    ``Retry-After`` says in seconds if that is longer. Raises ``Halted`` after ``ATTEMPTS``, when
    TLS itself says no, when the wait asked for is over ten minutes, and when ``pause`` says stop.
    """

    def __init__(self, client: httpx.Client, pause: Pause) -> None:
        self._client = client
        self._pause = pause

    def __call__(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Give the answer."""
        for attempt in range(ATTEMPTS):
            asked = 0.0
            answer = self._try(path, body, headers)
            if answer is not None:
                if not _again(answer):
                    return Answer(answer.status_code, answer.content, _document(answer))
                asked = _asked(answer)
            if attempt < ATTEMPTS - 1:
                self._wait(attempt, asked)
        herstel = (
            "De poort antwoordt niet of vraagt om geduld: probeer het later opnieuw. Is er nog"
            " nooit iets aangenomen, controleer dan het adres en --cert (ingetrokken?)."
        )
        raise Halted(herstel)  # a server under TLS 1.3 may refuse a certificate by hanging up

    def _try(self, path: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response | None:
        """Give the answer, or None when the connection broke: it may have had its effect."""
        try:
            return self._client.post(path, content=body, headers=dict(headers))
        except httpx.TransportError as error:
            if _refused_by_tls(error):
                herstel = (
                    "De beveiligde verbinding wordt geweigerd: controleer het adres, --ca en --cert"
                    " (verlopen of ingetrokken?)."
                )
                raise Halted(herstel, Code.NIET_AANGEMELD) from None
            return None

    def _wait(self, attempt: int, asked: float) -> None:
        if asked > _MOST_ASKED_SECONDS:
            raise Halted(f"De poort vraagt om over {asked:.0f} seconden terug te komen.")
        pace = min(_FIRST_SECONDS * 2.0**attempt, _LONGEST_SECONDS)
        if self._pause(max(asked, pace) + pace * _jitter.uniform(0.0, 0.2)):
            raise interrupted()


def interrupted() -> Halted:
    """Give the error that somebody asked us to stop."""
    return Halted("Onderbroken.")


def _again(answer: httpx.Response) -> bool:
    if answer.status_code == HTTPStatus.CONFLICT:
        return _document(answer).get("code") == Code.IDEMPOTENTIESLEUTEL_BEZIG
    return answer.status_code in _AGAIN


def _asked(answer: httpx.Response) -> float:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdecimal() else 0.0


def _document(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        document = strict_json(answer.content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _refused_by_tls(error: BaseException) -> bool:
    """Whether one side did not believe the other; a connection that broke off is no refusal."""
    cause: BaseException | None = error
    for _ in range(_DEEPEST_CAUSE):  # a chain of causes may bite its own tail
        if isinstance(cause, ssl.SSLError) and any(
            word in (cause.reason or "") for word in _NOT_BELIEVED
        ):
            return True
        cause = cause and (cause.__cause__ or cause.__context__)
    return False
