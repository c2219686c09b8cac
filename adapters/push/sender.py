"""Sends one notice: signed, to a checked address, in bounded time; only a 2xx counts."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from weakref import WeakValueDictionary

import httpx

from adapters.complaint import out_of_service
from adapters.identity.files import marks
from adapters.push.destination import push_target
from adapters.push.event import event_of
from adapters.push.names import Resolve, system_resolve
from adapters.push.network import CheckedNetwork
from adapters.push.signature import sign_push
from adapters.push.transport import CheckedTransport
from adapters.tls import only_strong
from exchange.errors import Unavailable
from exchange.messages.identifiers import Oin
from exchange.ports import Clock, KeyProvider, Push, PushOutcome


@dataclass(frozen=True, slots=True)
class PushSettings:
    """``gateway`` is our own OIN; ``ca`` a PEM file to trust instead of the public CAs.

    ``total_seconds`` bounds an attempt from the wait for a free slot to the status line,
    ``answer_bytes`` all that is read, and ``slots`` the attempts at one recipient at a time. A
    connection may be used again until ``connection_seconds`` after its address was checked.
    """

    gateway: Oin
    allow_private: bool = False
    ca: Path | None = None
    total_seconds: float = 15.0
    answer_bytes: int = 64 * 1024
    slots: int = 4
    connection_seconds: float = 5.0


class HttpPushSender:
    """``exchange.ports.PushSender`` over HTTPS, for one event loop; ``aclose`` it at the end.

    CloudEvents (NLgov profile 1.1) in binary mode: the event's attributes are headers, the body is
    the subject's id and nothing else. There is no ``ce-subject``: it would name a pupil.
    """

    def __init__(
        self,
        settings: PushSettings,
        keys: KeyProvider,
        clock: Clock,
        resolve: Resolve = system_resolve,
    ) -> None:
        network = CheckedNetwork(
            settings.answer_bytes, allow_private=settings.allow_private, resolve=resolve
        )
        self._settings = settings
        self._keys = keys
        self._clock = clock
        self._slots: WeakValueDictionary[Oin, asyncio.Semaphore] = WeakValueDictionary()
        self._client = httpx.AsyncClient(
            transport=CheckedTransport(
                network, _Trusted(settings.ca).now, settings.connection_seconds
            ),
            follow_redirects=False,
            headers={"user-agent": "verzuim-exchange", "accept-encoding": "identity"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx.Timeout(settings.total_seconds, connect=settings.total_seconds / 3),
            trust_env=False,
        )

    async def send(self, push: Push) -> PushOutcome:
        """Try once. Whatever goes wrong, here or there, the answer is ``FAILED``."""
        slot = self._slots.setdefault(push.recipient, asyncio.Semaphore(self._settings.slots))
        outcome = PushOutcome.FAILED
        try:
            async with asyncio.timeout(self._settings.total_seconds), slot:
                response = await self._client.send(self._request(push), stream=True)
                if response.is_success:
                    outcome = PushOutcome.DELIVERED
                await response.aclose()  # the status said it all: no body changes it
        except Exception:  # noqa: BLE001  the port's promise; what a stranger sent is told nowhere
            return outcome
        return outcome

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    def _request(self, push: Push) -> httpx.Request:
        now = self._clock.now()
        event_type, event_id, body = event_of(push.subject)
        attributes = self._attributes(event_type, event_id, now)
        request = self._client.build_request(
            "POST", push_target(push.url), headers=attributes, content=body
        )
        sign_push(request, self._keys, now)
        return request

    def _attributes(self, event_type: str, event_id: str, now: datetime) -> dict[str, str]:
        return {
            "content-type": "application/json",
            "ce-specversion": "1.0",
            "ce-id": event_id,
            "ce-source": f"urn:nld:oin:{self._settings.gateway}:systeem:verzuim-exchange",
            "ce-type": event_type,
            "ce-time": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }


class _Trusted:
    """Whom we believe to be a recipient's server, by a file that may be replaced while we run."""

    def __init__(self, ca: Path | None) -> None:
        self._ca, self._seen = ca, marks(ca)
        self._context = _trusting(ca)

    def now(self) -> ssl.SSLContext:
        """Read the file again if it changed; a broken one leaves all as it was."""
        if (seen := marks(self._ca)) != self._seen:
            with suppress(Unavailable):
                self._context = _trusting(self._ca)
                self._seen = seen
        return self._context


def _trusting(ca: Path | None) -> ssl.SSLContext:
    """Trust ``ca``, or the public CAs that come with ``httpx`` (certifi)."""
    if ca is None:
        return only_strong(httpx.create_ssl_context(trust_env=False))
    try:
        return only_strong(ssl.create_default_context(cafile=ca))
    except OSError as error:
        remedy = f"{ca} is geen leesbaar PEM-bestand met certificaten."
        raise out_of_service("CA van ontvangers", remedy) from error
