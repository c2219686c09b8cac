"""A signaal that a newcomer can send: valid today, about a pupil that the story never uses."""

from __future__ import annotations

from datetime import date
from typing import Any

from exchange.sandbox.world import World

_PUPIL = "999990019"  # the contract's own example


def example_signaal(world: World, today: date) -> dict[str, Any]:
    """Give the body of a signaal about the last lesweek before today."""
    days = world.calendar.last_lesson_days(today, 1)
    return {
        "vestigingscode": "99BB00",
        "pgn": _PUPIL,
        "plicht": "leerplichtig",
        "woongemeente": "0361",
        "venster": {"van": days[0].isoformat(), "tot": days[-1].isoformat()},
        "ongeoorloofdeMinuten": 240,
        "criterium": "OPLOPEND",
        "oudersGeinformeerdOp": days[-1].isoformat(),
        "actiesSchool": ["GESPREK_LEERLING"],
        "contact": {"rol": "mentor", "email": "mentor@school.example"},
    }
