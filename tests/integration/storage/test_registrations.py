"""How deliveries about the same vestigingen keep apart, whatever the number of vestigingen."""

import asyncio
import itertools

from exchange.messages.identifiers import Vestigingscode
from exchange.storage import registrations
from exchange.storage.database import Database
from tests.integration.servers import TestDatabase

NATION = [
    Vestigingscode(f"{number:02d}{letter}A{place:02d}")
    for number, letter, place in itertools.product(range(10, 60), "ABCDEFGHIJKLMNOPQRST", range(20))
]
"""Twice as many as there are."""
BLOCKED = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


async def test_two_deliveries_may_together_be_about_twice_the_vestigingen_of_the_country(
    gateway: Database,
) -> None:
    half = len(NATION) // 2
    async with gateway.transaction() as conn, gateway.transaction() as other:
        await registrations.lock(conn, NATION[:half])
        await registrations.lock(other, NATION[half:])


async def test_deliveries_about_one_vestiging_wait_for_each_other_in_one_order(
    fresh: TestDatabase, gateway: Database
) -> None:
    order: list[str] = []

    async def second() -> None:
        async with gateway.transaction() as conn:
            await registrations.lock(conn, reversed(NATION[:50]))
            order.append("second")

    async with gateway.transaction() as conn, fresh.raw() as root:
        await registrations.lock(conn, NATION[49:51])
        waiting = asyncio.create_task(second())
        while not await root.fetchval(BLOCKED):
            pass
        order.append("first")
    await waiting
    assert order == ["first", "second"]
