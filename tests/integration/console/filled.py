"""A gateway with something to see: messages in every state, refusals, and looks; all by the API."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from uuid import UUID

from adapters.system import SystemIds
from exchange.messages.identifiers import Pgn, spells_a_pgn_as_id
from exchange.ports import Clock
from tests.integration.api.world import World, bericht_id, refusal, signaal, verzuimmelding


@dataclass(frozen=True)
class Filled:
    """What lies in it: one pupil with a message that was handled to its end, and the others."""

    pupil: Pgn
    handled: str
    waiting: str
    withdrawn: str
    elsewhere: str
    elsewhere_pupil: Pgn
    primary: str
    primary_pupil: Pgn
    entry: str


async def fill(world: World) -> Filled:
    """Send, collect, refuse and withdraw; and have it sealed, as it would be within two seconds."""
    pupil, other = world.pupil(), world.pupil()
    handled = bericht_id(await world.send(signaal(pupil)))
    await world.collect("leerplicht-0361", handled)
    told = await world.report("leerplicht-0361", handled, status="in-behandeling")
    assert told.status_code == 201, told.text
    waiting = bericht_id(await world.report_absence(verzuimmelding(pupil)))
    withdrawn = await world.sent()
    assert (await world.withdraw(withdrawn)).status_code == 202
    place = {"vestigingscode": "99CC00", "woongemeente": "0599"}
    elsewhere = bericht_id(await world.send(signaal(other, **place), "las-zuid"))
    await world.collect("leerplicht-0599", elsewhere)
    third = world.pupil()
    primary = bericht_id(await world.send(signaal(third, vestigingscode="99AA00")))
    await world.collect("leerplicht-0361", primary)
    nothing_right = {**signaal(world.pupil()), "vestigingscode": "99CC00"}
    assert refusal(await world.send(nothing_right))[0] == 403
    await world.seal()
    looked = await world.rows(
        "SELECT entry FROM log_records WHERE bericht_id = $1 ORDER BY entry LIMIT 1", UUID(handled)
    )
    entry = looked[0]["entry"]
    return Filled(pupil, handled, waiting, withdrawn, elsewhere, other, primary, third, str(entry))


class IdsByClock(SystemIds):
    """Ids that tell the same time as the clock of the world, in the order in which they are made.

    Searching and counting go by the time in an id, so it must not be another one than on the page.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._number = itertools.count()

    def uuid7(self) -> UUID:
        """Give a UUIDv7 (RFC 9562) whose first random bits are a count."""
        later, number = divmod(next(self._number), 1 << 12)
        milliseconds = int(self._clock.now().timestamp() * 1000) + later
        tail = int.from_bytes(self.random(8)) >> 2
        found = UUID(int=(milliseconds << 80) | (7 << 76) | (number << 64) | (2 << 62) | tail)
        return self.uuid7() if spells_a_pgn_as_id(found) else found
