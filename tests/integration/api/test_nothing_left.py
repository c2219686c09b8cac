"""What was refused is let go at once: nothing of it waits for somebody to look for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from exchange.pipeline.stages import Peer, RawRequest, Received
from tests.integration.api.direct_calls import told
from tests.integration.api.test_direct import CALLS, Broken, side
from tests.integration.api.world import OINS, STRANGER, World

WHAT = [
    "accepted", "no mandate", "many faults", "half", "no key", "stranger", "text", "too large",
    "not an object", "wants html", "wrong role", "one registration", "lines",
]  # fmt: skip


@pytest.fixture
def unswept() -> Iterator[None]:
    """Nobody looks for garbage meanwhile; what is found then is kept to be looked at."""
    gc.collect()
    gc.disable()
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


async def left(world: World, what: str, *, broken: bool = False) -> list[object]:
    """Make a call, and give what of it nobody holds and is still there."""
    here = side(world, direct=True, **({"steps": Broken()} if broken else {}))
    for _ in range(2):  # the first time everything is built that stays
        gc.collect()
        made = CALLS[what](world)
        peer = Peer(OINS.get(made.name or "", STRANGER), "x5t")
        await told(here.app, made.scope(peer, world.key()), made.messages())
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    kept = (BaseException, RawRequest, Received)
    return [one for one in gc.garbage if isinstance(one, kept)]


@pytest.mark.usefixtures("unswept")
@pytest.mark.parametrize("what", WHAT)
async def test_an_answered_request_leaves_no_error_and_no_body(world: World, what: str) -> None:
    await world.stay_current()
    assert await left(world, what) == []


@pytest.mark.usefixtures("unswept")
async def test_nor_does_one_at_which_something_unforeseen_happened(world: World) -> None:
    await world.stay_current()
    assert await left(world, "accepted", broken=True) == []
