"""Holds the school week against what came of it; what is missing or wrong is named by number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from exchange.sandbox.story.arrivals import Arrivals
from exchange.sandbox.story.caller import Caller, Pause
from exchange.sandbox.story.journals import Journals
from exchange.sandbox.story.receipts import Receipts
from exchange.sandbox.story.signed import Signed
from exchange.sandbox.story.told import Told
from exchange.sandbox.world import World


def check(
    told: Mapping[int, Told],
    world: World,
    signed: Signed,
    callers: Callable[[str], Caller],
    journals: Journals | None,
    pause: Pause,
) -> list[str]:
    """Give everything that is not as it should be; nothing when all is well.

    ``journals`` is None when nobody receives. No sentence names a pupil.
    """
    receipts = Receipts(signed, callers, pause)
    arrivals = Arrivals(world, journals) if journals is not None else None
    faults = [
        f"{one.planned.name} ({one.planned.body['vestigingscode']}): {fault}"
        for _, one in sorted(told.items())
        for fault in _faults(one, receipts, arrivals)
    ]
    return [*faults, *(arrivals.pseudonym_faults(told.values()) if arrivals else ())]


def _faults(told: Told, receipts: Receipts, arrivals: Arrivals | None) -> Iterator[str]:
    code = (told.problem or {}).get("code", told.status)
    if told.planned.refusal is not None:
        if code != told.planned.refusal.value:
            yield f"had geweigerd moeten worden met {told.planned.refusal}, werd {code}"
        if arrivals is not None:
            yield from arrivals.faults_of_refused(told)
    elif told.receipt is None:
        yield f"geweigerd met {code}"
    else:
        yield from receipts.faults(told, is_fetched=arrivals is not None)
        if arrivals is not None:
            yield from arrivals.faults(told)
