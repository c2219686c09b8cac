"""The sandbox enters its world once; what somebody changes afterwards stays changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import pytest

from adapters.keys.memory import MemoryKeyProvider
from adapters.system import SystemClock, SystemIds
from exchange.bootstrap.administration import Administration
from exchange.messages.identifiers import Vestigingscode
from exchange.policy.necessity import Mode
from exchange.policy.parties import Dienst
from exchange.sandbox.setup.enrolment import enrol, without_key
from exchange.sandbox.world import World, read_world
from exchange.storage.directory import revoke_mandate, revoke_party
from tests.integration.servers import TestDatabase

REFERENCE = date(2026, 11, 22)


@pytest.fixture(scope="module")
def world() -> World:
    return read_world()


@pytest.fixture
async def administration(fresh: TestDatabase) -> AsyncIterator[Administration]:
    async with fresh.login("exchange_operator") as database:
        yield Administration(database, SystemClock(), SystemIds(), MemoryKeyProvider, Mode.TRIAL)


async def test_enters_everybody_and_everything(
    world: World, administration: Administration
) -> None:
    assert await enrol(world, REFERENCE, administration) == tuple(world.participants.values())
    directory = await administration.directory()
    assert {p.name: p.grants for p in directory.parties.values()} == {
        name: (party.grant,) for name, party in world.participants.items()
    }
    assert directory.vestigingen.keys() == world.vestigingen.keys()
    assert len(directory.gemeenten) == 8
    assert len(directory.mandates) == len(world.vestigingen)
    assert {m.betreft_vanaf for m in directory.mandates} == {date(2025, 8, 1)}
    waiting = await without_key(world, administration)
    assert {party.name for party in waiting} == {"leerplicht-0361", "leerplicht-0599"}


async def test_leaves_alone_what_was_changed_since(
    world: World, administration: Administration
) -> None:
    await enrol(world, REFERENCE, administration)
    zuid, noord = world.participants["las-zuid"].oin, world.participants["las-noord"].oin
    async with administration.database.transaction() as conn:
        await revoke_party(conn, zuid, administration.clock.now())
        now = administration.clock.now()
        await revoke_mandate(conn, noord, "99AA00", Dienst.AANLEVEREN, now)
    assert await enrol(world, REFERENCE, administration) == ()
    directory = await administration.directory()
    assert zuid not in directory.parties
    standing = {m.principal for m in directory.mandates if m.supplier == noord}
    assert standing == {str(Vestigingscode("99BB00")), str(Vestigingscode("99BB01"))}
