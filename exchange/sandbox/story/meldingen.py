"""Plans the verzuimmeldingen of the school week, and two that must be refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from exchange.errors import Code
from exchange.messages.identifiers import Vestigingscode
from exchange.messages.soort import Soort
from exchange.sandbox.story.melding import MeldingWriter
from exchange.sandbox.story.plan import EDITION, Fate, Planned
from exchange.sandbox.world import World
from exchange.sandbox.world.pupils import AT_SCHOOLS, pupils

THRESHOLD_SCHOOL = "99BB00"
"""Where a pupil's registrations reach 16 hours, before the school reports it."""

_PUPILS = 9
_WEEKS_WITH_OWN_PUPILS = 3


def plan_meldingen(world: World, reference: date, week: int, after: int) -> tuple[Planned, ...]:
    """Plan them with numbers after those of the signalen; the first is about the threshold."""
    return tuple(
        replace(
            planned,
            number=number,
            key=f"schoolweek-{EDITION}-{week}-{number}",
            replaces=planned.replaces and number + planned.replaces,
        )
        for number, planned in enumerate(_plan(world, reference, week), start=after + 1)
    )


def _plan(world: World, reference: date, week: int) -> Iterator[Planned]:
    """Give each without its number; ``replaces`` counts back from the one that replaces."""
    write = MeldingWriter(world, reference)
    place = AT_SCHOOLS + week % _WEEKS_WITH_OWN_PUPILS * _PUPILS
    own = iter(pupils(_PUPILS, skip=place))

    def melding(body: dict[str, Any], about: str, fate: Fate = Fate.STAAT) -> Planned:
        supplier = world.supplier_of(Vestigingscode(body["vestigingscode"])).name
        return Planned(0, "", supplier, body, about, fate, soort=Soort.VERZUIMMELDING)

    yield melding(write.sixteen_hours(THRESHOLD_SCHOOL, next(own)), "16 uur, na drempelmelding")
    other = write.sixteen_hours("99CC00", next(own), extra=1)
    yield melding(other, "16 uur")
    yield melding(write.langdurig("99TA00", next(own)), "langdurig, nog niet voorbij")
    yield melding(write.luxe("99AA00", next(own)), "luxe verzuim")
    wrong = write.sixteen_hours("99BB01", next(own))
    yield melding(wrong, "16 uur, met een fout erin", Fate.VERVANGEN)
    better = {**wrong, "alleLessenGemist": True}
    yield replace(melding(better, "vervangt de vorige"), replaces=-1)
    excused = write.luxe("99BB00", next(own))
    yield melding(excused, "achteraf toch verlof", Fate.LATER_INGETROKKEN)
    short = melding(write.sixteen_hours("99BB01", next(own), extra=-1), "15 uur", Fate.GEWEIGERD)
    yield replace(short, refusal=Code.GEEN_VERPLICHTE_MELDING)
    again = melding(other, "hetzelfde verzuim nog eens", Fate.GEWEIGERD)
    yield replace(again, refusal=Code.AL_GEMELD)
