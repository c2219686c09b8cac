"""When absence becomes a statutory melding: so many units in so many lesweken (LPW art. 21a)."""

from __future__ import annotations

from exchange.policy.law import Parameters
from exchange.policy.parties import Sector

_CLOCK_HOURS = frozenset({Sector.PO, Sector.SO})


def threshold_minutes(numbers: Parameters, sector: Sector, lesuur_in_minuten: int | None) -> int:
    """Give the minutes from which a melding is mandatory, inclusive.

    A unit is a clock hour in po and so, and in vo and vso the school's own lesuur.
    """
    lesuur = numbers.lesuur_minuten if lesuur_in_minuten is None else lesuur_in_minuten
    unit = numbers.klokuur_minuten if sector in _CLOCK_HOURS else lesuur
    return numbers.drempel_eenheden * unit
