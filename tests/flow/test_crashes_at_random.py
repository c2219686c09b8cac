"""SIGKILL of everything at once, and of anything at any moment under load.

A seed decides who dies when; what the processes were doing then, no seed decides. `make chaos` runs
many more; VERZUIM_CHAOS_SEEDS="1 2" repeats the plan of given seeds.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets

import pytest

from tests.flow.installation import NOTHING, RECEIVERS, Installation
from tests.flow.killable import GATEWAY, WORKERS
from tests.flow.orders import POSTGRES
from tests.flow.points import IN_THE_GATEWAY
from tests.flow.schools import ALKMAAR, ROTTERDAM, Place

EVERYTHING = (POSTGRES, WORKERS, *RECEIVERS, GATEWAY)
VICTIMS = (*((part,) for part in EVERYTHING), EVERYTHING)
KILLS = int(os.environ.get("VERZUIM_CHAOS_KILLS") or 8)
RUNS = int(os.environ.get("VERZUIM_CHAOS_RUNS") or 1)
SEEDS = [int(seed) for seed in os.environ.get("VERZUIM_CHAOS_SEEDS", "").split()] or [
    secrets.randbelow(10**6) for _ in range(RUNS)
]


@pytest.mark.parametrize("point", ["8 written", "8 committed", "bericht-opgehaald"])
async def test_killing_everything_at_once_loses_and_doubles_nothing(
    installation: Installation, point: str
) -> None:
    await installation.send_while_killing(point, *EVERYTHING)
    await installation.drained()
    assert await installation.findings() == NOTHING


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"seed-{seed}")
async def test_kills_at_random_lose_and_double_nothing(
    installation: Installation, seed: int
) -> None:
    chance, ended = random.Random(seed), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for place in (ALKMAAR, ALKMAAR, ROTTERDAM):
            group.create_task(report_and_take_back(installation, place, ended))
        for _ in range(KILLS):
            await kill_somebody(installation, chance)
        ended.set()
    await installation.drained()
    assert await installation.findings() == NOTHING


async def report_and_take_back(
    installation: Installation, place: Place, ended: asyncio.Event
) -> None:
    """Send signalen one after the other until the end, and take every fourth back."""
    number = 0
    while not ended.is_set():
        number += 1
        (acked,) = await installation.schools.send(1, place=place)
        if number % 4 == 0:
            await installation.schools.withdraw(place, acked)


async def kill_somebody(installation: Installation, chance: random.Random) -> None:
    """Kill at any moment, or when the gateway passes a point."""
    victims = chance.choice(VICTIMS)
    await asyncio.sleep(chance.uniform(0.02, 0.4))
    if chance.random() < 0.5:
        installation.scene.kill(*victims)
    else:
        point = chance.choice(IN_THE_GATEWAY)
        installation.order(GATEWAY, point, *victims, passage=chance.randint(1, 4))
        await installation.carried_out(GATEWAY)
