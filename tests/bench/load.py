"""Sends signalen at a fixed rate, open loop: a slow answer does not slow the next request."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import httpx

from exchange.messages.identifiers import Pgn, Schooljaar
from exchange.policy.calendar import Schoolkalender, lesweken
from tests.bench.installation import Sandbox
from tests.persons import bsns

_CLIENTS = 4
_VESTIGING = "99BB00"


@dataclass(frozen=True)
class Load:
    """What was sent, and how long each answer took (milliseconds)."""

    rate: float
    accepted: list[str]
    answered_ms: list[float]
    refused: int


async def send_at_rate(sandbox: Sandbox, rate: float, seconds: float) -> Load:
    """Send ``rate`` signalen a second for ``seconds``, alternating between two municipalities."""
    clients = [sandbox.client("las-noord") for _ in range(_CLIENTS)]
    loop, day = asyncio.get_running_loop(), _lesson_day(clients[0])
    bodies = [
        _signaal(pgn, n, day) for n, pgn in zip(range(int(rate * seconds)), bsns(), strict=False)
    ]
    count, begin = len(bodies), time.monotonic() + 0.5
    with ThreadPoolExecutor(_CLIENTS) as threads:
        tasks = []
        for number in range(count):
            await asyncio.sleep(max(0.0, begin + number / rate - time.monotonic()))
            client = clients[number % _CLIENTS]
            tasks.append(loop.run_in_executor(threads, _send, client, number, bodies[number]))
        answers = await asyncio.gather(*tasks)
    accepted = [number for number, _ in answers if number]
    return Load(rate, accepted, [ms for _, ms in answers], count - len(accepted))


def _send(client: httpx.Client, number: int, body: dict[str, Any]) -> tuple[str | None, float]:
    started = time.perf_counter()
    key = f"bench-{number}"
    answer = client.post("/v1/signalen", json=body, headers={"idempotency-key": key})
    took = (time.perf_counter() - started) * 1000
    return (
        answer.json()["berichtId"] if answer.status_code == httpx.codes.ACCEPTED else None
    ), took


def _signaal(pgn: Pgn, number: int, day: date) -> dict[str, Any]:
    """A window of one day suffices; every signaal is about another pupil."""
    return {
        "vestigingscode": _VESTIGING,
        "pgn": pgn.reveal(),
        "plicht": "leerplichtig",
        "woongemeente": "0361" if number % 2 else "0599",
        "venster": {"van": day.isoformat(), "tot": day.isoformat()},
        "ongeoorloofdeMinuten": 300,
        "criterium": "OPLOPEND",
        "oudersGeinformeerdOp": day.isoformat(),
        "actiesSchool": ["GESPREK_OUDERS"],
        "contact": {"rol": "mentor", "email": "verzuim@school.example"},
    }


def _lesson_day(client: httpx.Client) -> date:
    """Give the last day up to today in a lesweek of the school's own calendar."""
    day = date.today()  # noqa: DTZ011  the sandbox's own today
    while not lesweken(day, day, _calendar(client, str(Schooljaar.of(day)))):
        day -= timedelta(days=7)
    return day


@cache
def _calendar(client: httpx.Client, schooljaar: str) -> Schoolkalender:
    path = f"/v1/vestigingen/{_VESTIGING}/schoolkalenders/{schooljaar}"
    periods = client.get(path).raise_for_status().json()["lesvrijePerioden"]
    return Schoolkalender(
        tuple((date.fromisoformat(p["van"]), date.fromisoformat(p["tot"])) for p in periods)
    )
