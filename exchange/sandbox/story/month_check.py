"""Holds the month against what came of it: lines counted, bad ones named, threshold reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from exchange.policy.parties import Role
from exchange.sandbox.story.caller import Caller
from exchange.sandbox.story.delivery import Delivered
from exchange.sandbox.story.drempel import DrempelTold
from exchange.sandbox.story.signed import Signed
from exchange.sandbox.story.told import Told, stream

_SAMPLE = 1  # today's receipt is asked of so many deliveries of each supplier


def month_faults(
    told: Iterable[Delivered], signed: Signed, callers: Callable[[str], Caller]
) -> Iterator[str]:
    """Give everything that is wrong with the deliveries; no sentence names a pupil."""
    asked: dict[str, int] = {}
    for one in told:
        named = f"levering {one.delivery.key}"
        yield from (f"{named}: {fault}" for fault in _faults(one, signed))
        sender = one.delivery.sender
        if one.receipt is not None and asked.get(sender, 0) < _SAMPLE:
            asked[sender] = asked.get(sender, 0) + 1
            fresh = callers(sender).get(f"/v1/ontvangstbewijzen/{one.receipt['berichtId']}")
            today = signed.faults(fresh, one.delivery.content)
            yield from (f"{named}, vandaag: {fault}" for fault in today)


def drempel_faults(told: DrempelTold | None, messages: Mapping[int, Told]) -> Iterator[str]:
    """Say whether the school was told of the threshold, and left alone once it had reported."""
    if told is None:
        return
    melding = messages[told.drempel.melding.number]
    if told.before is None and melding.is_new:
        yield f"geen drempelmelding bij {told.drempel.vestiging}, na 16 uur"
    named = told.before["registratieIds"] if told.before else told.drempel.registratie_ids
    if set(named) != told.drempel.registratie_ids:
        yield f"drempelmelding bij {told.drempel.vestiging} noemt andere registraties"
    if told.stands_after:
        yield f"drempelmelding bij {told.drempel.vestiging} staat er nog, na de melding"


def _faults(one: Delivered, signed: Signed) -> Iterator[str]:
    if one.receipt is None:
        yield f"geweigerd met {one.code}"
        return
    delivery = one.delivery
    yield from signed.faults(one.receipt, delivery.content)
    if one.accepted != delivery.acceptable:
        yield f"{one.accepted} regels aangenomen, verwacht {delivery.acceptable}"
    expected = {line: code.value for line, code in delivery.refusals.items()}
    if one.refusals != expected or one.refused != len(expected):
        yield f"geweigerde regels {_spoken(one.refusals)}, verwacht {_spoken(expected)}"
    if stream(one.receipt, Role.LEERPLICHT)["doorgegeven"]:
        yield "van registraties gaat er iets naar leerplicht"


def _spoken(refusals: object) -> str:
    return str(refusals or "geen")
