"""The reference receiver: fetch, open, check, journal, and only then acknowledge.

It never gives up and never loses: a crash between any two of these steps leaves the message waiting
in the mailbox, and the journal knows which it has already.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from adapters.http import mtls_client
from adapters.identity.files import Marks, marks
from adapters.leerplicht.content import NotAsExpected, require_expected
from adapters.leerplicht.events import ReceiverEvent
from adapters.leerplicht.mailbox import Mailbox, Waiting
from adapters.leerplicht.pace import Pace, SetAside
from adapters.leerplicht.session import Session, begin
from adapters.system import SystemClock
from exchange.crypto.opening import SealBroken
from exchange.errors import Code, ExchangeError, Refused
from exchange.messages.identifiers import Oin
from exchange.ports import Clock

_ABOUT_US: Final = frozenset(
    {Code.NIET_AANGEMELD, Code.GEEN_RECHT, Code.GEEN_MANDAAT, Code.GEEN_GRONDSLAG}
)
"""What the gateway may say no with that no other message would change."""


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """Who receives, where from, and where to; ``ca``, ``cert`` and ``key`` are PEM files.

    ``private_key`` is the JWK file (made if it is not there), ``journal`` the NDJSON file.
    """

    base_url: str
    oin: Oin
    ca: Path
    cert: Path
    key: Path
    private_key: Path
    journal: Path
    poll_seconds: float = 1.0
    idle_seconds: float = 15.0
    timeout_seconds: float = 10.0


class Receiver:
    """One recipient's mailbox, emptied into a journal. Raises ``Unavailable`` for unusable PEMs."""

    def __init__(
        self,
        settings: ReceiverSettings,
        on_event: Callable[..., None],
        clock: Clock | None = None,
    ) -> None:
        """Take ``on_event(event, **fields)``: hears each ``ReceiverEvent`` and must not block."""
        self._settings = settings
        self._on_event = on_event
        self._clock = clock or SystemClock()
        self._aside = SetAside()
        self._session: Session | None = None
        self._failing = False
        self._marks = self._look_at_files()
        self._client = self._connected()

    def run(self, stop: threading.Event) -> None:
        """Receive until ``stop``; whatever fails is tried again, a little later each time."""
        pace = Pace(self._settings.poll_seconds, self._settings.idle_seconds)
        while not stop.is_set():
            stop.wait(self._look(pace, stop))
        self.close()

    def run_once(self, stop: threading.Event | None = None) -> int:
        """Take in all that waits now; give how many messages were acknowledged.

        Raises ``Unavailable`` or ``Refused`` when the gateway or the disk stands in the way.
        """
        self._follow_files()
        received, listed = 0, []
        session = self._session = self._session or self._begun()
        for waiting in session.mailbox.waiting():
            if stop is not None and stop.is_set():
                return received
            listed.append(waiting.bericht_id)
            received += self._take(waiting, session)
        self._aside.keep_only(listed)
        return received

    def close(self) -> None:
        """Let go of the journal and of the connection."""
        self._end_session()
        self._client.close()

    def _follow_files(self) -> None:
        """Connect anew when a certificate, its key or the CA was replaced."""
        seen = self._look_at_files()
        if seen != self._marks:
            client = self._connected()
            self.close()
            self._client, self._marks = client, seen

    def _look_at_files(self) -> Marks:
        return marks(self._settings.ca, self._settings.cert, self._settings.key)

    def _connected(self) -> httpx.Client:
        to = self._settings
        return mtls_client(to.base_url, to.ca, to.cert, to.key, to.timeout_seconds)

    def _end_session(self) -> None:
        if self._session is not None:
            self._session.journal.close()
            self._session = None

    def _look(self, pace: Pace, stop: threading.Event) -> float:
        try:
            received = self.run_once(stop)
        except Exception as error:  # noqa: BLE001  a receiver that stops receives nothing
            if not self._failing:
                self._on_event(ReceiverEvent.RECEIVING_FAILED, **_told(error))
            self._failing = True
            return pace.after_failure()
        if self._failing:
            self._on_event(ReceiverEvent.RECEIVING_RESUMED)
        self._failing = False
        return pace.after(received)

    def _begun(self) -> Session:
        settings = self._settings
        mailbox = Mailbox(self._client, settings.oin)
        return begin(mailbox, settings.private_key, settings.journal, self._on_event)

    def _take(self, waiting: Waiting, session: Session) -> bool:
        """Journal and acknowledge one message; or leave it, say why, and go on with the next."""
        if self._aside.rests(waiting.bericht_id):
            return False
        try:
            if waiting.bericht_id not in session.journal:
                self._journal(waiting, session)
            session.mailbox.acknowledge(waiting.bericht_id)
        except (SealBroken, NotAsExpected, Refused) as error:
            if error.code in _ABOUT_US:
                raise
            self._aside.put(waiting.bericht_id)
            self._tell(ReceiverEvent.MESSAGE_LEFT, waiting, rule=_rule(error))
            return False
        self._tell(ReceiverEvent.MESSAGE_RECEIVED, waiting, soort=waiting.soort)
        return True

    def _journal(self, waiting: Waiting, session: Session) -> None:
        token = session.mailbox.download(waiting.bericht_id)
        opened = session.open(token, self._settings.oin)
        require_expected(opened, waiting.bericht_id, waiting.soort)
        session.journal.append(waiting.bericht_id, waiting.soort, self._clock.now(), opened.content)

    def _tell(self, event: ReceiverEvent, waiting: Waiting, **fields: str) -> None:
        self._on_event(event, bericht_id=str(waiting.bericht_id), **fields)


def _rule(error: ExchangeError) -> str:
    """Name what stood in the way: a step of opening, a rule of the content, or a code."""
    return error.facts.get("step") or error.facts.get("rule") or error.code.value


def _told(error: Exception) -> dict[str, str]:
    """Name a failure: our own errors say what mends them, another's text might quote anything."""
    if not isinstance(error, ExchangeError):
        return {"error": type(error).__name__, "reason": ""}
    reason = error.facts.get("herstel") or error.facts.get("reden") or ""
    return {"error": error.code.value, "reason": reason}
