"""A steady load on two gateways of one installation, while somebody rotates keys beneath them.

What every caller may expect is held against every answer: it is a 2xx, and the receipt in it
verifies with the keys that the other gateway publishes a moment later.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from exchange.config import SETTINGS_FILE, Listen
from exchange.crypto.canonical import unb64url
from exchange.crypto.receipts import verify_detached
from exchange.crypto.signatures import SignatureBroken
from exchange.messages.identifiers import Schooljaar
from tests.flow.installation import (
    Installation,
    Supervisor,
    base_url,
    context_of,
    free_port,
    until,
)
from tests.flow.killable import GATEWAY, SCENE
from tests.flow.orders import Scene
from tests.flow.schools import ALKMAAR, CRITERIA, ROTTERDAM, WEEKS_BACK, Place, meldingen
from tests.integration.api.world import signaal
from tests.keyboard import Keyboard
from tests.persons import bsn

Bodies = Iterator[tuple[str, dict[str, Any]]]
PLACES = (ALKMAAR, ROTTERDAM)
_PUPILS = 12
_PAUSE_SECONDS = 0.1
_MELDING_EVERY = 5


@dataclass(frozen=True)
class Sent:
    """A message that was accepted: what of, when it was under way, and its receipt."""

    place: Place
    pupil: str
    schooljaar: Schooljaar
    began: datetime
    ended: datetime
    receipt: Mapping[str, Any] = field(repr=False)

    @property
    def bericht_id(self) -> str:
        """The id on the receipt."""
        return str(self.receipt["berichtId"])

    @property
    def kid(self) -> str:
        """The key that signed the receipt."""
        header = self.receipt["handtekening"].split(".")[0]
        return str(json.loads(unb64url(header))["kid"])


class Load:
    """Senders of both places on both gateways, each on a connection of its own."""

    def __init__(
        self, installation: Installation, gateways: Sequence[str], bodies: Mapping[Place, Bodies]
    ) -> None:
        self.sent: list[Sent] = []
        self.failures: list[str] = []
        self._installation = installation
        self._gateways = gateways
        self._bodies = bodies
        self._keys = itertools.count(1)
        self._stop = asyncio.Event()
        self._contexts = 0

    def move_over(self) -> None:
        """Have every sender connect anew with what stands in the files now."""
        self._contexts += 1

    async def until_sent(self, count: int) -> None:
        """Wait until so many more messages were accepted, or one failed."""
        wanted = len(self.sent) + count

        async def is_so() -> bool:
            return bool(self.failures) or len(self.sent) >= wanted

        await until(is_so, f"{count} more messages are accepted")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep sending until the block ends."""
        async with asyncio.TaskGroup() as group:
            for place, (own, other) in itertools.product(
                PLACES, (self._gateways, self._gateways[::-1])
            ):
                group.create_task(self._send_on(place, own, other))
            try:
                yield
            finally:
                self._stop.set()

    async def _send_on(self, place: Place, own: str, other: str) -> None:
        while not self._stop.is_set():
            contexts = self._contexts
            async with self._client(place, own) as sender, self._client(place, other) as asker:
                while contexts == self._contexts and not self._stop.is_set():
                    await self._send(place, sender, asker)
                    await asyncio.sleep(_PAUSE_SECONDS)

    async def _send(
        self, place: Place, sender: httpx.AsyncClient, asker: httpx.AsyncClient
    ) -> None:
        path, body = next(self._bodies[place])
        began = datetime.now(UTC)
        headers = {"idempotency-key": f"rotatie-{next(self._keys)}-{began.timestamp()}"}
        try:
            answer = await sender.post(path, json=body, headers=headers)
            published = await asker.get("/v1/sleutels")
            listed = await asker.get("/v1/ontvangstbewijzen", params=_of(place, began))
            if {answer.status_code, published.status_code, listed.status_code} - {200, 202}:
                told = (answer.text, published.text, listed.text)
                self.failures.append(f"{path}: {told}")
                return
            receipt = answer.json()
            verify_detached(receipt, receipt["handtekening"], published.json()["keys"])
        except (httpx.HTTPError, SignatureBroken) as error:
            self.failures.append(f"{path}: {error!r}")
            return
        day = date.fromisoformat(body.get("begindatum") or body["venster"]["van"])
        year = Schooljaar.of(day)
        ended = datetime.now(UTC)
        self.sent.append(Sent(place, body["pgn"], year, began, ended, receipt))

    def _client(self, place: Place, url: str) -> httpx.AsyncClient:
        context = context_of(self._installation.folder, place.sender)
        return httpx.AsyncClient(base_url=url, verify=context, trust_env=False, timeout=20)


@dataclass
class Read:
    """What the recipients wrote down, by berichtId."""

    content: dict[str, dict[str, Any]]

    @classmethod
    def of(cls, installation: Installation) -> Read:
        """Read all journals."""
        paths = [installation.journal(place.recipient) for place in PLACES]
        lines = [json.loads(line) for path in paths for line in path.read_text().splitlines()]
        assert len(lines) == len({line["berichtId"] for line in lines}), "a message came twice"
        return cls({line["berichtId"]: line["inhoud"] for line in lines})

    def references(self, sent: Iterable[Sent]) -> dict[tuple[str, str, Schooljaar], set[str]]:
        """Give the zaakreferenties of those messages, by recipient, pupil and schooljaar."""
        found: dict[tuple[str, str, Schooljaar], set[str]] = {}
        for one in sent:
            key = (one.place.recipient, one.pupil, one.schooljaar)
            reference = self.content[one.bericht_id]["zaakreferentie"]
            found.setdefault(key, set()).add(reference)
        return found


async def second_gateway(installation: Installation, supervisor: Supervisor) -> Path:
    """Start another gateway on the same database, keys and certificates; give its folder."""
    folder = installation.folder / "tweede"
    (folder / "logs").mkdir(parents=True)
    Scene(folder / SCENE).prepare()
    ports = {
        name: Listen(host="127.0.0.1", port=free_port()) for name in ("listen", "operator_listen")
    }
    settings = installation.settings.model_copy(update=ports)
    (folder / SETTINGS_FILE).write_text(settings.model_dump_json())
    await supervisor.run(folder, GATEWAY)

    async def is_ready() -> bool:
        with suppress(httpx.TransportError):
            async with httpx.AsyncClient() as client:
                place = ports["operator_listen"]
                answer = await client.get(f"http://{place.host}:{place.port}/readyz")
            return answer.status_code == 200
        return False

    await until(is_ready, "the second gateway is ready")
    return folder


async def rotates(keyboard: Keyboard, *words: str) -> dict[str, Any]:
    """Type ``exchange keys rotate``, which must do what it says; give what it tells."""
    done = await asyncio.to_thread(keyboard.type, "keys", "rotate", *words, "--json")
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def own_files(installation: Installation, recipient: str) -> list[str]:
    """Give the options by which a recipient names its own files."""
    pki = installation.folder / "pki"
    places = {
        "--base-url": base_url(installation.settings),
        "--ca": pki / "ca.pem",
        "--cert": pki / f"{recipient}.pem",
        "--key": pki / f"{recipient}.key",
        "--private-key": installation.folder / "receivers" / f"{recipient}.keys",
    }
    return [str(word) for option in places.items() for word in option]


def new_bodies(place: Place, today: date) -> Bodies:
    """Give ever new messages about few pupils, newest windows first; every fifth is a melding."""
    monday = today - timedelta(days=today.weekday())
    of_absence = meldingen(place, today)
    pupils = [bsn(number) for number in range(_PUPILS)]
    windows = itertools.product(WEEKS_BACK, range(5), CRITERIA, pupils)
    for number, (weeks, weekday, criterium, pgn) in enumerate(windows):
        if number % _MELDING_EVERY == 0:
            yield "/v1/verzuimmeldingen", next(of_absence)
        day = (monday - timedelta(weeks=weeks) + timedelta(days=weekday)).isoformat()
        yield (
            "/v1/signalen",
            signaal(
                pgn,
                vestigingscode=place.vestigingscode,
                woongemeente=place.woongemeente,
                venster={"van": day, "tot": day},
                criterium=criterium,
                oudersGeinformeerdOp=day,
            ),
        )
    raise AssertionError("more signalen than there are pupils, windows and criteria for")


def _of(place: Place, now: datetime) -> dict[str, str]:
    return {"vestigingscode": place.vestigingscode, "periode": f"{now:%Y-%m}", "limit": "1"}
