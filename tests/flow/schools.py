"""Schools as their administration systems behave: a message is sent until it is answered 2xx."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import httpx

from exchange.messages.identifiers import Pgn, Schooljaar
from tests.flow.ledger import Acked, Ledger, Sent, logical_of, withdrawal_of
from tests.integration.api.world import signaal, verzuimmelding
from tests.persons import bsn

_AGAIN_SECONDS = 0.05
_PATIENCE_SECONDS = 40.0
_LATER = frozenset({409, 429, 503})
"""A crash may never show as a 500: that would be a fault of ours."""

_DAYS_BEFORE = 21

PUPILS = 100
WEEKS_BACK = range(1, 41)
CRITERIA = ("OPLOPEND", "PATROON_VASTE_DAG")


@dataclass(frozen=True)
class Place:
    """A vestiging, who sends for it, and whose residents its pupils are."""

    sender: str
    vestigingscode: str
    woongemeente: str

    @property
    def recipient(self) -> str:
        """The leerplicht that gets its signalen."""
        return f"leerplicht-{self.woongemeente}"


ALKMAAR = Place("las-noord", "99BB00", "0361")
ROTTERDAM = Place("las-zuid", "99CC00", "0599")


def signalen(place: Place, today: date) -> Iterator[dict[str, Any]]:
    """Give ever new signalen of one vestiging: the same pupils, other windows and criteria."""
    pupils = [bsn(number) for number in range(PUPILS)]
    monday = today - timedelta(days=today.weekday())
    for weeks, criterium, pgn in itertools.product(WEEKS_BACK, CRITERIA, pupils):
        yield _body(place, pgn, monday - timedelta(weeks=weeks), criterium)
    raise AssertionError("more signalen than there are pupils, windows and criteria for")


def meldingen(place: Place, today: date) -> Iterator[dict[str, Any]]:
    """Give ever new meldingen of one vestiging: a pupil each, who missed two whole days."""
    day = today - timedelta(days=today.weekday() + _DAYS_BEFORE)
    if Schooljaar.of(day) != Schooljaar.of(day + timedelta(days=1)):
        day -= timedelta(days=7)
    for number in itertools.count(PUPILS):
        days = [(day + timedelta(days=n)).isoformat() for n in range(2)]
        yield verzuimmelding(
            bsn(number),
            vestigingscode=place.vestigingscode,
            woongemeente=place.woongemeente,
            begindatum=days[0],
            einddatum=days[1],
            dagen=[{"datum": day, "minuten": 480} for day in days],
            oudersGeinformeerdOp=days[1],
        )


class Schools:
    """Sends through ``clients`` (one per supplier) and keeps the ledger."""

    def __init__(self, clients: dict[str, httpx.AsyncClient], ledger: Ledger, today: date) -> None:
        self._clients = clients
        self._ledger = ledger
        self._keys = itertools.count(1)
        self._made: dict[str, tuple[Sent, _Request]] = {}
        self._new = {place: signalen(place, today) for place in (ALKMAAR, ROTTERDAM)}
        self._meldingen = {place: meldingen(place, today) for place in (ALKMAAR, ROTTERDAM)}

    async def send(self, count: int, at_once: int = 4, place: Place = ALKMAAR) -> list[Acked]:
        """Send new signalen, some at the same time; give the receipts when all have one."""
        waiting = [next(self._new[place]) for _ in range(count)]
        waiting.reverse()
        answers: list[Acked] = []

        async def one_by_one() -> None:
            while waiting:
                answers.append(await self.report(place, waiting.pop()))

        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(one_by_one())
        return answers

    async def report(self, place: Place, body: dict[str, Any], path: str = "/v1/signalen") -> Acked:
        """Send one signaal, or another message to leerplicht."""
        line = Sent(logical_of(body), place.recipient)
        return await self._until_acked(line, self._request(place.sender, path, body))

    async def report_absence(self, count: int, place: Place = ALKMAAR) -> list[Acked]:
        """Send new verzuimmeldingen at the same time; give the receipts when all have one."""
        bodies = [next(self._meldingen[place]) for _ in range(count)]
        sending = (self.report(place, body, "/v1/verzuimmeldingen") for body in bodies)
        return list(await asyncio.gather(*sending))

    async def repeat(self, answers: Iterable[Acked]) -> None:
        """Send the same requests again; each must be answered as the first time."""
        for answer in answers:
            again = await self._until_acked(*self._made[answer.logical])
            assert again.replayed, "a repeat was taken for something new"

    async def withdraw(self, place: Place, acked: Acked) -> Acked:
        """Take a message back."""
        line = Sent(withdrawal_of(acked.bericht_id), place.recipient, acked.bericht_id)
        path = f"/v1/berichten/{acked.bericht_id}/intrekkingen"
        request = self._request(place.sender, path, {"reden": "onjuist"})
        return await self._until_acked(line, request)

    def _request(self, sender: str, path: str, body: dict[str, Any]) -> _Request:
        headers = {
            "content-type": "application/json",
            "idempotency-key": f"sleutel-{next(self._keys)}",
        }
        return _Request(sender, path, json.dumps(body).encode(), headers)

    async def _until_acked(self, line: Sent, request: _Request) -> Acked:
        """Send the same bytes under the same key until the answer is 2xx."""
        self._made[line.logical] = line, request
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                self._ledger.note(line)
                answer = await self._answer(request)
                if answer is not None:
                    acked = _acked(line, answer)
                    self._ledger.note(acked)
                    return acked
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _answer(self, request: _Request) -> httpx.Response | None:
        """Try once; None when trying again is the thing to do."""
        client = self._clients[request.sender]
        try:
            answer = await client.post(
                request.path, content=request.content, headers=request.headers
            )
        except httpx.TransportError:
            return None
        if answer.is_success:
            return answer
        assert answer.status_code in _LATER, answer.text
        if answer.status_code == 409:
            assert answer.json()["code"] == "idempotentiesleutel-bezig", answer.text
        return None


@dataclass(frozen=True)
class _Request:
    sender: str
    path: str
    content: bytes
    headers: dict[str, str]


def _acked(line: Sent, answer: httpx.Response) -> Acked:
    return Acked(
        logical=line.logical,
        bericht_id=answer.json()["berichtId"],
        receipt=hashlib.sha256(answer.content).hexdigest(),
        replayed=answer.headers.get("idempotent-replayed") == "true",
    )


def _body(place: Place, pgn: Pgn, day: date, criterium: str) -> dict[str, Any]:
    return signaal(
        pgn,
        vestigingscode=place.vestigingscode,
        woongemeente=place.woongemeente,
        venster={"van": day.isoformat(), "tot": day.isoformat()},
        criterium=criterium,
        oudersGeinformeerdOp=day.isoformat(),
    )
