"""Requests of one moment: each is answered as if it had come alone, whatever its neighbours are."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.integration.api.world import World, bericht_id, refusal, signaal, verzuimmelding

POISONED = "NIET_IN_DE_DATABASE"
SEEDS = range(8)


@dataclass(frozen=True)
class Request:
    """One POST; requests of one ``group`` have something to do with each other."""

    group: str
    body: bytes
    key: str
    melding: bool = False

    async def send(self, world: World) -> httpx.Response:
        """Send it."""
        post = world.report_absence if self.melding else world.send
        return await post(self.body, key=self.key)


def mixture(world: World, chance: random.Random) -> list[Request]:
    """Give some of every kind, in any order: what one group is answered hangs on no order."""
    requests: list[Request] = []
    for number in range(chance.randint(6, 10)):
        makers = (_new, _twins, _said_before, _key_used_twice, _poisoned, _melding)
        maker = chance.choice(makers)
        requests += maker(world, f"{maker.__name__} {number}", chance.randint(2, 4))
    chance.shuffle(requests)
    return requests


def _new(world: World, group: str, _count: int) -> list[Request]:
    return [Request(group, _signaal(world), world.key())]


def _twins(world: World, group: str, count: int) -> list[Request]:
    body, key = _signaal(world), world.key()
    return [Request(group, body, key) for _ in range(count)]


def _said_before(world: World, group: str, count: int) -> list[Request]:
    body = _signaal(world)
    return [Request(group, body, world.key()) for _ in range(count)]


def _key_used_twice(world: World, group: str, count: int) -> list[Request]:
    key = world.key()
    return [Request(group, _signaal(world), key) for _ in range(count)]


def _poisoned(world: World, group: str, _count: int) -> list[Request]:
    return [Request(group, _signaal(world, vestigingscode="99AA00"), world.key())]


def _melding(world: World, group: str, count: int) -> list[Request]:
    body = json.dumps(verzuimmelding(world.pupil())).encode()
    return [Request(group, body, world.key(), melding=True) for _ in range(count)]


def _signaal(world: World, **changes: Any) -> bytes:  # noqa: ANN401  JSON
    return json.dumps(signaal(world.pupil(), **changes)).encode()


async def one_by_one(world: World, requests: Sequence[Request]) -> list[httpx.Response]:
    """Send each when the one before it was answered."""
    return [await request.send(world) for request in requests]


async def at_once(world: World, requests: Sequence[Request]) -> list[httpx.Response]:
    """Send all at the same moment."""
    return await asyncio.gather(*(request.send(world) for request in requests))


Sending = Callable[[World, Sequence[Request]], Awaitable[list[httpx.Response]]]


def told(requests: Sequence[Request], answers: Sequence[httpx.Response]) -> Counter[Any]:
    """Count what each group was answered: status, code, and whether it was a repetition."""
    return Counter(
        (
            request.group,
            answer.status_code,
            answer.json().get("code"),
            answer.headers.get("idempotent-replayed"),
        )
        for request, answer in zip(requests, answers, strict=True)
    )


@asynccontextmanager
async def poison(world: World, code: str = "P0001", table: str = "outbox") -> AsyncIterator[None]:
    """Let the database throw an error at whatever is about one vestiging."""
    await world.execute(
        "CREATE FUNCTION thrown() RETURNS trigger LANGUAGE plpgsql AS"
        f" 'BEGIN RAISE EXCEPTION USING ERRCODE = ''{code}''; END'",
        f"CREATE TRIGGER thrown AFTER INSERT ON {table} FOR EACH ROW"
        " WHEN (NEW.vestigingscode = '99AA00') EXECUTE FUNCTION thrown()",
    )
    try:
        yield
    finally:
        await world.execute("DROP FUNCTION thrown CASCADE")


async def written(world: World) -> dict[str, int]:
    """Count the rows of acceptances, table by table."""
    counts = {}
    for table in ("messages", "idempotency", "natural_keys", "outbox", "telstand"):
        (row,) = await world.rows(f"SELECT count(*) AS n FROM {table}")  # noqa: S608  our own names
        counts[table] = row["n"]
    (row,) = await world.rows(
        "SELECT count(*) AS n FROM log_records WHERE action = 'bericht-aangenomen'"
    )
    return {**counts, "log_records": row["n"]}


async def added(world: World, sending: Sending, chance: random.Random) -> tuple[Any, Any]:
    """Send a mixture; give what was answered and how many rows came of it."""
    before, requests = await written(world), mixture(world, chance)
    async with poison(world):
        answers = await sending(world, requests)
    after = await written(world)
    return told(requests, answers), {table: after[table] - before[table] for table in after}


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_mixture_at_once_is_answered_and_stored_as_one_by_one(
    world: World, seed: int
) -> None:
    alone = await added(world, one_by_one, random.Random(seed))
    together = await added(world, at_once, random.Random(seed))
    assert together == alone
    assert sum(alone[0].values()) > len(alone[0])


async def test_every_acceptance_of_a_mixture_is_whole(world: World) -> None:
    broken = await world.rows(
        """
        SELECT m.bericht_id FROM messages m
        LEFT JOIN idempotency i ON i.bericht_id = m.bericht_id
        LEFT JOIN outbox o ON o.bericht_id = m.bericht_id
        LEFT JOIN log_records l ON l.entry = m.entry AND l.bericht_id = m.bericht_id
        LEFT JOIN log_pending p ON p.entry = m.entry
        LEFT JOIN subject_link s ON s.entry = m.entry
        LEFT JOIN tally_due d
            ON d.vestigingscode = m.vestigingscode AND d.periode = m.periode
        GROUP BY m.bericht_id
        HAVING count(DISTINCT i.key_digest) <> 1 OR count(DISTINCT o.rol) <> 1
            OR count(DISTINCT l.entry) <> 1 OR count(DISTINCT p.entry) <> 1
            OR count(DISTINCT s.blind_index) <> 1 OR count(d.id) = 0
        """
    )
    assert broken == []


async def test_requests_of_one_moment_share_transactions(world: World) -> None:
    numbers = await asyncio.gather(*(world.sent() for _ in range(24)))
    (row,) = await world.rows(
        "SELECT count(DISTINCT xmin::text) AS transactions FROM messages"
        " WHERE bericht_id::text = ANY($1)",
        numbers,
    )
    assert row["transactions"] < len(numbers) / 2


@pytest.mark.parametrize(
    ("table", "code", "answer"),
    [
        ("outbox", "53100", "dienst-onbeschikbaar"),
        ("subject_link", "53100", "logboek-onbeschikbaar"),
        ("subject_link", "P0001", "logboek-onbeschikbaar"),
    ],
)
async def test_who_meets_an_error_of_the_database_meets_it_alone(
    world: World, table: str, code: str, answer: str
) -> None:
    poisoned, key = _signaal(world, vestigingscode="99AA00"), world.key()
    async with poison(world, code, table):
        fine, bad, also_fine = await asyncio.gather(
            world.sent(), world.send(poisoned, key=key), world.sent()
        )
    assert fine != also_fine
    assert refusal(bad) == (503, answer)
    bericht_id(await world.send(poisoned, key=key))


@pytest.mark.parametrize("table", ["log_records", "log_pending", "subject_link"])
async def test_without_the_log_all_are_refused_and_afterwards_all_are_taken(
    world: World, table: str
) -> None:
    bodies = {world.key(): _signaal(world) for _ in range(8)}

    async def send() -> list[httpx.Response]:
        return await asyncio.gather(*(world.send(body, key=key) for key, body in bodies.items()))

    before = await written(world)
    await world.execute(f"REVOKE INSERT ON {table} FROM verzuim_api")
    try:
        refused = await send()
    finally:
        await world.execute(f"GRANT INSERT ON {table} TO verzuim_api")
    for answer in refused:
        assert refusal(answer) == (503, "logboek-onbeschikbaar")
    assert await written(world) == before
    assert len(set(map(bericht_id, await send()))) == len(bodies)
