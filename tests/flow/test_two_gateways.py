"""Two gateways and one worker on one database: nothing is lost, doubled or accepted too long.

What they share is the database and the keys, and nothing else: no message goes between them, no
lock is held by a process. Quotas are each gateway's own (ADR 0012).
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from exchange.config import Settings
from tests.flow.beside import NAME, beside, connect_supplier, operate
from tests.flow.installation import NOTHING, Installation, base_url, context_of, until
from tests.flow.ledger import Acked, Sent, logical_of
from tests.flow.schools import ALKMAAR
from tests.integration.api.world import signaal
from tests.keyboard import Keyboard
from tests.persons import bsn

_FIRST_PUPIL = 2_000
"""No other test of the installation reports about these."""
_TRY_AGAIN = frozenset({"idempotentiesleutel-bezig", "dienst-onbeschikbaar"})


@dataclass
class Sender:
    """The supplier's connections, one to each gateway, and what it was told."""

    installation: Installation
    doors: tuple[httpx.AsyncClient, httpx.AsyncClient]
    keys: Iterator[int] = field(default_factory=itertools.count)

    def key(self) -> str:
        """Give a fresh idempotency key."""
        return f"twee-{next(self.keys)}"

    async def post(self, door: int, body: dict[str, Any], key: str) -> httpx.Response:
        """Send to one gateway until it answers for good; what it accepts goes into the ledger."""
        logical, content = logical_of(body), json.dumps(body).encode()
        headers = {"content-type": "application/json", "idempotency-key": key}
        self.installation.ledger.note(Sent(logical, ALKMAAR.recipient))
        while True:
            answer = await self.doors[door].post("/v1/signalen", content=content, headers=headers)
            if answer.is_success:
                self.installation.ledger.note(_acked(logical, answer))
            elif answer.json()["code"] in _TRY_AGAIN:
                await asyncio.sleep(0.05)
                continue
            return answer

    async def to_both(
        self, body: dict[str, Any], *keys: str
    ) -> tuple[httpx.Response, httpx.Response]:
        """Send the same message to both at the same moment, under one key or one for each."""
        first, second = await asyncio.gather(
            self.post(0, body, keys[0]), self.post(1, body, keys[-1])
        )
        return first, second


@pytest.fixture(scope="module")
async def second(
    shared_installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Settings]:
    """The other gateway."""
    async with beside(shared_installation, tmp_path_factory.mktemp("beside")) as settings:
        yield settings


@pytest.fixture
async def sender(
    installation: Installation, second: Settings, keyboard: Keyboard
) -> AsyncIterator[Sender]:
    """The supplier, connected by the operator's own commands."""
    connect_supplier(keyboard, installation.folder)
    context = context_of(installation.folder, NAME)
    one, other = (
        httpx.AsyncClient(base_url=base_url(settings), verify=context, trust_env=False)
        for settings in (installation.settings, second)
    )
    made = Sender(installation, (one, other))

    async def both_know_it() -> bool:
        asked = [await door.get(_READING) for door in made.doors]
        return {answer.status_code for answer in asked} == {200}

    async with one, other:
        await until(both_know_it, "both gateways know the supplier")
        yield made


async def test_what_either_accepts_arrives_once_and_what_is_revoked_is_refused_by_both(
    installation: Installation, sender: Sender, keyboard: Keyboard
) -> None:
    bodies = signalen(installation.today)
    await installation.drained()
    before = (await installation.findings()).foreign
    same = [sender.to_both(next(bodies), sender.key()) for _ in range(10)]
    twice = [sender.to_both(next(bodies), sender.key(), sender.key()) for _ in range(10)]
    apart = [sender.post(n % 2, next(bodies), sender.key()) for n in range(20)]
    once = await asyncio.gather(*same)
    one_of_two = await asyncio.gather(*twice)
    alone = await asyncio.gather(*apart)

    for answers in once:
        assert [answer.status_code for answer in answers] == [202, 202]
        assert answers[0].content == answers[1].content, "one request, two receipts"
        repeated = [answer.headers.get("idempotent-replayed") for answer in answers]
        assert sorted(map(str, repeated)) == ["None", "true"]
    for answers in one_of_two:
        assert sorted(answer.status_code for answer in answers) == [202, 409]
        told = {answer.json().get("code") for answer in answers if answer.status_code == 409}
        assert told == {"al-gemeld"}
    assert {answer.status_code for answer in alone} == {202}

    accepted = [pair[0] for pair in once] + list(alone)
    accepted += [answer for pair in one_of_two for answer in pair if answer.is_success]
    numbers = [answer.json()["berichtId"] for answer in accepted]
    assert len(numbers) == len(set(numbers)) == 40
    operate(keyboard, installation.folder, "party", "revoke", NAME)
    await refused_by_both(sender, next(bodies))
    await installation.drained()
    assert await installation.findings() == replace(NOTHING, foreign=before)
    assert await stands(installation, numbers) == [(40, 40, 40)]
    arrived = [effect.bericht_id for effect in installation.effects()]
    assert {arrived.count(number) for number in numbers} == {1}


async def refused_by_both(sender: Sender, last: dict[str, Any]) -> None:
    """Wait until both gateways refuse what a supplier sends that is no longer connected."""

    async def by_both() -> bool:
        tried = [await sender.post(door, last, f"te-laat-{door}") for door in (0, 1)]
        assert {answer.status_code for answer in tried} <= {202, 401, 409}
        return {answer.status_code for answer in tried} == {401}

    await until(by_both, "both gateways refuse")


async def stands(installation: Installation, numbers: list[str]) -> list[tuple[int, int, int]]:
    """Count messages, parcels and records of acceptance under these numbers."""
    rows = await installation.sql(
        "SELECT (SELECT count(*) FROM messages WHERE bericht_id = ANY($1::uuid[])),"
        " (SELECT count(*) FROM outbox WHERE bericht_id = ANY($1::uuid[])),"
        " (SELECT count(*) FROM log_records WHERE bericht_id = ANY($1::uuid[])"
        "  AND action = 'bericht-aangenomen')",
        numbers,
    )
    return [tuple(row) for row in rows]


def signalen(today: date) -> Iterator[dict[str, Any]]:
    """Give signalen about ever other pupils."""
    day = (today - timedelta(days=today.weekday() + 7)).isoformat()
    for number in itertools.count(_FIRST_PUPIL):
        yield signaal(
            bsn(number),
            vestigingscode=ALKMAAR.vestigingscode,
            woongemeente=ALKMAAR.woongemeente,
            venster={"van": day, "tot": day},
            oudersGeinformeerdOp=day,
        )


_READING = f"/v1/ontvangstbewijzen?vestigingscode={ALKMAAR.vestigingscode}"


def _acked(logical: str, answer: httpx.Response) -> Acked:
    return Acked(
        logical=logical,
        bericht_id=answer.json()["berichtId"],
        receipt=hashlib.sha256(answer.content).hexdigest(),
        replayed=answer.headers.get("idempotent-replayed") == "true",
    )
