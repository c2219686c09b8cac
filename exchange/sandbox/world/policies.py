"""What each school of the sandbox lays down, as it goes over the wire: policy and calendars."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from exchange.messages.identifiers import Schooljaar
from exchange.sandbox.world.places import World


def verzuimbeleid(world: World, reference: date) -> Mapping[str, Any]:
    """Give the absence policy, in force since the schooljaar before that of ``reference``."""
    since = Schooljaar(Schooljaar.of(reference).start - 1).first_day.isoformat()
    return {"vastgesteldOp": since, "geldigVanaf": since, **world.beleid}


def schoolkalender(world: World, schooljaar: Schooljaar) -> Mapping[str, Any]:
    """Give the calendar of a schooljaar."""
    periods = world.calendar.lesson_free(schooljaar)
    return {
        "lesvrijePerioden": [
            {"van": van.isoformat(), "tot": tot.isoformat()} for van, tot in periods
        ]
    }
