"""What schools deliver as registrations, and what must be counted of it: the book kept outside.

A delivery is sent until it is answered 2xx; only then does it stand in the book. Every delivery
repeats most numbers of the one before it with other days and minutes, takes some back, and names
some of its own numbers twice: the last word counts.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import httpx

from exchange.messages.identifiers import Schooljaar
from tests.flow.schools import ROTTERDAM, Place
from tests.persons import bsns

LINES = 200
PUPILS = tuple(itertools.islice(bsns(999990000), 25))
"""Nobody that a signaal is about: so much absence would make a melding mandatory."""

_NEW = 60
_TWICE = 10
_DAYS_BACK = 45
_AGAIN_SECONDS = 0.05
_PATIENCE_SECONDS = 100.0
_LATER = frozenset({429, 503})
_REASONS = {"geoorloofd": "ZIEK", "ongeoorloofd": "SPIJBEL"}

Ask = Callable[..., Awaitable[list[Any]]]
Counted = Counter[tuple[tuple[date, int, str], ...]]
"""What is counted, pupil by pupil, and how many pupils have exactly that."""


@dataclass(frozen=True)
class Registration:
    """One line, as its school means it; ``number`` stands for the registratieId."""

    number: int
    pupil: int
    datum: date
    minuten: int
    categorie: str
    withdrawn: bool

    def line(self, place: Place) -> bytes:
        """Give it as a line of a delivery."""
        said: dict[str, object] = {
            "vestigingscode": place.vestigingscode,
            "registratieId": f"R-{self.number}",
            "pgn": PUPILS[self.pupil].reveal(),
            "datum": self.datum.isoformat(),
            "minuten": self.minuten,
            "reden": _REASONS[self.categorie],
        }
        return json.dumps(said | ({"ingetrokken": True} if self.withdrawn else {})).encode()


@dataclass(frozen=True)
class Delivery:
    """A body with its key: the same bytes are sent until they are answered."""

    key: str
    lines: tuple[Registration, ...]
    body: bytes


@dataclass(frozen=True)
class Receipt:
    """One 202: its bytes, and whether they were given before."""

    content: bytes
    replayed: bool


class Registers:
    """Delivers the registrations of one place, and keeps the book of what must be counted."""

    def __init__(
        self, clients: Mapping[str, httpx.AsyncClient], today: date, place: Place = ROTTERDAM
    ) -> None:
        self._client = clients[place.sender]
        self._place = place
        self._today = today
        self._serial = itertools.count(1)
        self._book: dict[int, Registration] = {}

    def delivery(self) -> Delivery:
        """Make the next one."""
        serial = next(self._serial)
        first = serial * _NEW
        numbers = [*range(first, first + _TWICE), *range(first, first + LINES - _TWICE)]
        lines = tuple(self._line(serial, place, number) for place, number in enumerate(numbers))
        body = b"\n".join(line.line(self._place) for line in lines) + b"\n"
        return Delivery(f"levering-{serial}", lines, body)

    async def deliver(self, delivery: Delivery) -> Receipt:
        """Send until it is answered, and write it in the book."""
        receipt = await self.answered(delivery)
        self.enter(delivery)
        return receipt

    def enter(self, *deliveries: Delivery) -> None:
        """Let deliveries count, in this order."""
        for delivery in deliveries:
            self._book |= {line.number: line for line in delivery.lines}

    async def answered(self, delivery: Delivery) -> Receipt:
        """Send the same bytes under the same key until the answer is 202."""
        headers = {"content-type": "application/x-ndjson", "idempotency-key": delivery.key}
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                answer = await self._answer(delivery.body, headers)
                if answer is not None:
                    assert answer.json()["aantalAangenomen"] == len(delivery.lines), answer.text
                    again = answer.headers.get("idempotent-replayed") == "true"
                    return Receipt(answer.content, again)
                await asyncio.sleep(_AGAIN_SECONDS)

    def due(self) -> Counted:
        """Give what must be counted by the book."""
        standing = [line for line in self._book.values() if not line.withdrawn]
        return _by_pupil(
            ((line.pupil, Schooljaar.of(line.datum)), line.datum, line.minuten, line.categorie)
            for line in standing
        )

    async def counted(self, ask: Ask) -> Counted:
        """Give what is counted by the tables."""
        found = await ask(
            "SELECT pupil, datum, minuten, categorie FROM registrations WHERE vestigingscode = $1",
            self._place.vestigingscode,
        )
        return _by_pupil(tuple(row) for row in found)

    def _line(self, serial: int, place: int, number: int) -> Registration:
        """Every delivery gives a number another day and other minutes, and one in ten is undone."""
        return Registration(
            number=number,
            pupil=number % len(PUPILS),
            datum=self._today - timedelta(days=(number + 7 * serial) % _DAYS_BACK),
            minuten=1 + (number * 31 + serial * 97 + place) % 720,
            categorie="ongeoorloofd" if (number + serial) % 3 else "geoorloofd",
            withdrawn=(number + serial) % 10 == 0,
        )

    async def _answer(self, body: bytes, headers: Mapping[str, str]) -> httpx.Response | None:
        try:
            answer = await self._client.post(
                "/v1/verzuimregistraties", content=body, headers=headers
            )
        except httpx.TransportError:
            return None
        if answer.is_success:
            return answer
        if answer.status_code == 409:
            assert answer.json()["code"] == "idempotentiesleutel-bezig", answer.text
            return None
        assert answer.status_code in _LATER, answer.text
        return None


def _by_pupil(rows: Iterable[tuple[Any, date, int, str]]) -> Counted:
    """Forget who the pupils are: the tables know them by pseudonym, the book by number."""
    pupils: dict[Any, list[tuple[date, int, str]]] = {}
    for pupil, datum, minuten, categorie in rows:
        pupils.setdefault(pupil, []).append((datum, minuten, categorie))
    return Counter(tuple(sorted(counted)) for counted in pupils.values())
