"""What the parties themselves must have done before a week can be told, through the public API."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

from exchange.bootstrap.receiver import recipient_public_key
from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.sandbox.callers import Callers
from exchange.sandbox.layout import Layout
from exchange.sandbox.setup.memory import Memory
from exchange.sandbox.story.month import Month
from exchange.sandbox.world import Participant, World
from exchange.sandbox.world.policies import schoolkalender, verzuimbeleid

_AT_ONCE = 4


def register_keys(layout: Layout, callers: Callers, recipients: Iterable[Participant]) -> None:
    """Register the key of each recipient that has none, so that messages can be sealed to it."""
    for party in recipients:
        public_jwk = recipient_public_key(layout.receiver_key(party.name))
        callers(party.name).put("/v1/sleutel", public_jwk)


def lay_down(world: World, callers: Callers, memory: Memory, today: date) -> Memory:
    """Put every school's policy and calendars, once; give the memory with what is done.

    What a user changes afterwards stays as the user put it.
    """
    years = memory.lacks(today)
    if not years:
        return memory
    for party in world.participants.values():
        callers(party.name)  # opened here: the threads below only use them

    def put(vestiging: Vestigingscode) -> None:
        _put_all(world, callers, vestiging, memory, years)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(put, world.vestigingen):
            pass
    return memory.with_laid_down(*years)


def put_figures(world: World, callers: Callers, month: Month, memory: Memory) -> Memory:
    """Put every school's figures about a month, once: it may be closed at a later start."""
    if memory.figures == memory.week:
        return memory
    for party in world.participants.values():
        callers(party.name)

    def put(vestiging: Vestigingscode) -> None:
        for path, document in month.figures[vestiging].items():
            callers(world.supplier_of(vestiging).name).put(path, document)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(put, month.figures):
            pass
    return replace(memory, figures=memory.week)


def _put_all(
    world: World,
    callers: Callers,
    vestiging: Vestigingscode,
    memory: Memory,
    years: tuple[Schooljaar, ...],
) -> None:
    school = callers(world.supplier_of(vestiging).name)
    path = f"/v1/vestigingen/{vestiging}"
    if not memory.laid_down:
        school.put(f"{path}/verzuimbeleid", verzuimbeleid(world, memory.reference))
    for year in years:
        school.put(f"{path}/schoolkalenders/{year}", schoolkalender(world, year))
