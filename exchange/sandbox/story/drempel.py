"""Follows one pupil to the threshold: registrations, the drempelmelding, and the melding after it.

A drempelmelding tells a school which of its pupils reached 16 hours in four lesweken. It names them
by the school's own registrations, and goes when the school has made the melding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from exchange.sandbox.story.caller import Caller, Document, wire
from exchange.sandbox.story.delivery import Delivery, Form
from exchange.sandbox.story.melding import MeldingWriter
from exchange.sandbox.story.meldingen import THRESHOLD_SCHOOL
from exchange.sandbox.story.plan import EDITION, Planned
from exchange.sandbox.world import World

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Drempel:
    """What makes a pupil reach the threshold, and the melding that the school owes then."""

    melding: Planned
    registratie_ids: frozenset[str]
    deliveries: Sequence[Delivery] = field(repr=False)

    @property
    def vestiging(self) -> str:
        """The school that it is about."""
        return str(self.melding.body["vestigingscode"])


@dataclass(frozen=True, slots=True)
class DrempelTold:
    """The drempelmelding as it stood before the melding, and whether it still stands after."""

    drempel: Drempel
    before: Document | None
    stands_after: bool


def plan_drempel(world: World, reference: date, week: int, melding: Planned) -> Drempel | None:
    """Plan registrations for the days of ``melding``, each sent by itself.

    None when those days lie in an earlier schooljaar: there no drempelmelding comes of them.
    """
    if not MeldingWriter(world, reference).counts_this_year:
        return None
    days = {f"drempel-{week}-{n}": day for n, day in enumerate(melding.body["dagen"], start=1)}
    deliveries = [
        Delivery(
            key=f"drempel-{EDITION}-{week}-{own}",
            sender=melding.sender,
            form=Form.JSON,
            lines=[
                wire(
                    {
                        "vestigingscode": THRESHOLD_SCHOOL,
                        "registratieId": own,
                        "pgn": melding.body["pgn"],
                        **day,
                        "reden": "SPIJBEL",
                    }
                )
            ],
            refusals={},
        )
        for own, day in days.items()
    ]
    return Drempel(melding, frozenset(days), deliveries)


def look(drempel: Drempel, callers: Callable[[str], Caller]) -> Document | None:
    """Give the drempelmelding about the pupil, if it stands now."""
    caller = callers(drempel.melding.sender)
    path = f"/v1/drempelmeldingen?vestigingscode={drempel.vestiging}&limit={_PAGE}"
    found = caller.get(path)["drempelmeldingen"]
    mine = (one for one in found if drempel.registratie_ids & set(one["registratieIds"]))
    return next(mine, None)
