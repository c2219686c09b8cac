"""The schools of a month: how many pupils each has, and which they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from exchange.messages.identifiers import Pgn, Vestigingscode
from exchange.policy.parties import Sector
from exchange.sandbox.story.dice import Dice
from exchange.sandbox.world import World
from exchange.sandbox.world.pupils import AT_SCHOOLS, IN_SIGNALEN, pupils


@dataclass(frozen=True, slots=True)
class Pupil:
    """A pupil of a school; one who may get a signaal never misses the hours of a melding."""

    pgn: Pgn = field(repr=False)
    may_get_signaal: bool


@dataclass(frozen=True, slots=True)
class School:
    """A vestiging with its pupils; the same in every month."""

    code: Vestigingscode
    sector: Sector
    pupils: Sequence[Pupil] = field(repr=False)


def schools_of(world: World) -> tuple[School, ...]:
    """Give every school; a pupil of one may well be a pupil of another."""
    everybody = [
        Pupil(pgn, may_get_signaal=place < IN_SIGNALEN)
        for place, pgn in enumerate(pupils(AT_SCHOOLS))
    ]
    twice = everybody * 2  # a circle: a school takes as many in a row as it has
    schools = []
    for code, vestiging in world.vestigingen.items():
        dice = Dice(f"school|{code}")
        first = dice.between("eerste leerling", 0, AT_SCHOOLS - 1)
        size = dice.between("leerlingen", *world.sizes[code])
        schools.append(School(code, vestiging.sector, twice[first : first + size]))
    return tuple(schools)
