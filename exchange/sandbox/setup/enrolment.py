"""Enters the sandbox's world in the directory: parties with their roles, mandates and registers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from exchange.bootstrap.administration import Administration
from exchange.messages.identifiers import Schooljaar
from exchange.policy.parties import Dienst, Mandate, Role
from exchange.sandbox.world import Participant, World
from exchange.storage.database import Connection
from exchange.storage.directory import (
    add_mandate,
    add_party,
    grant,
    list_parties,
    put_gemeenten,
    put_vestigingen,
)


async def enrol(
    world: World, reference: date, administration: Administration
) -> tuple[Participant, ...]:
    """Enter what is not there yet, in one transaction; give who was not.

    Whoever was entered before is left alone: somebody may have revoked or changed it since.
    """
    async with administration.database.transaction() as conn:
        entered = {row.oin for row in await list_parties(conn)}
        newcomers = tuple(p for p in world.participants.values() if p.oin not in entered)
        if not newcomers:
            return ()
        await put_gemeenten(conn, world.gemeenten)
        await put_vestigingen(conn, tuple(world.vestigingen.values()))
        for party in newcomers:
            await _enter(conn, party, reference, administration)
    return newcomers


async def without_key(world: World, administration: Administration) -> tuple[Participant, ...]:
    """Give the leerplicht parties to whose key nothing can be sealed yet."""
    known = (await administration.directory()).keys
    return tuple(p for p in world.holders(Role.LEERPLICHT) if p.oin not in known)


async def _enter(
    conn: Connection, party: Participant, reference: date, administration: Administration
) -> None:
    await add_party(conn, party.oin, party.name, None, administration.clock.now())
    await grant(conn, party.oin, party.grant.role, party.grant.remit)
    for mandate in _mandates(party, reference):
        await add_mandate(conn, administration.ids.uuid7(), mandate)


def _mandates(party: Participant, reference: date) -> Iterator[Mandate]:
    """Give its mandates: open-ended, and for the schooljaar of the reference date and the last."""
    since = Schooljaar(Schooljaar.of(reference).start - 1).first_day
    for vestiging in party.mandates:
        yield Mandate(
            supplier=party.oin,
            principal=str(vestiging),
            dienst=Dienst.AANLEVEREN,
            geldig_van=since,
            geldig_tot=None,
            betreft_vanaf=since,
        )
