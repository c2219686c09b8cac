"""Writes the figures of a school about a month, as they go over the wire."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from exchange.messages.identifiers import Pgn
from exchange.sandbox.story.absence import DAY_MINUTES, Absence
from exchange.sandbox.story.caller import Document
from exchange.sandbox.story.schools import School
from exchange.sandbox.world import World

_TIERS_PERCENT = (5, 10)  # absent at most so much is tier 1, tier 2


def leerlingaantallen(school: School, days: Sequence[date]) -> Document:
    """Give how many pupils a school has, and what is planned for each in a month of these days."""
    return {
        "leerlingen": len(school.pupils),
        "geplandeMinutenPerLeerling": DAY_MINUTES * len(days),
    }


def schoolcijfers(
    world: World, school: School, days: Sequence[date], absences: Iterable[Absence]
) -> Document:
    """Count what a school registered itself: what a gateway would make of its registrations."""
    minutes = _minutes_by_category(world, absences)
    absent: Counter[Pgn] = Counter()
    for per_pupil in minutes.values():
        absent.update(per_pupil)
    tiers = Counter(_tier(missed, DAY_MINUTES * len(days)) for missed in absent.values())
    return {
        **leerlingaantallen(school, days),
        **{category: _counted(per_pupil) for category, per_pupil in minutes.items()},
        "leerlingenMetOngeoorloofdVerzuim": len(minutes["ongeoorloofd"]),
        "trede1": len(school.pupils) - tiers[2] - tiers[3],
        "trede2": tiers[2],
        "trede3": tiers[3],
    }


def categories(world: World) -> Mapping[str, str]:
    """Give the legal category of each local reason."""
    return {reden["code"]: reden["categorie"] for reden in world.beleid["redenen"]}


def _minutes_by_category(world: World, absences: Iterable[Absence]) -> dict[str, Counter[Pgn]]:
    of_reason = categories(world)
    minutes: dict[str, Counter[Pgn]] = {"geoorloofd": Counter(), "ongeoorloofd": Counter()}
    for absence in absences:
        minutes[of_reason[absence.reason]][absence.pgn] += absence.minutes
    return minutes


def _counted(per_pupil: Counter[Pgn]) -> Mapping[str, Any]:
    return {
        "minuten": per_pupil.total(),
        "aantalLeerlingen": len(per_pupil),
        "grootsteAandeelMinuten": max(per_pupil.values(), default=0),
    }


def _tier(missed: int, planned: int) -> int:
    return 1 + sum(100 * missed > percent * planned for percent in _TIERS_PERCENT)
