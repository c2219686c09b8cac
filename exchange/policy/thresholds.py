"""When absence becomes a statutory melding: 16 units in four lesweken, dated.

Source: LPW art. 21a (16 hours in four consecutive lesweken); a unit is a clock hour in po and so
and a lesuur in vo and vso (practice of leerplicht); a change is a new entry, never an edit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from exchange.policy.parties import Sector


@dataclass(frozen=True, slots=True)
class Threshold:
    """The parameters in force from ``geldig_vanaf``."""

    geldig_vanaf: date
    units: int
    lesweken: int
    source: str


THRESHOLDS = (Threshold(date(2013, 1, 1), units=16, lesweken=4, source="LPW art. 21a"),)
"""Oldest first."""

_CLOCK_HOUR_MINUTES = 60


def threshold_on(day: date) -> Threshold:
    """Give the parameters in force on ``day``; the oldest for anything earlier."""
    return next((t for t in reversed(THRESHOLDS) if t.geldig_vanaf <= day), THRESHOLDS[0])


def threshold_minutes(day: date, sector: Sector, lesuur_in_minuten: int) -> int:
    """Give the minutes from which a melding is mandatory, inclusive."""
    clock_hours = sector in {Sector.PO, Sector.SO}
    unit = _CLOCK_HOUR_MINUTES if clock_hours else lesuur_in_minuten
    return threshold_on(day).units * unit
