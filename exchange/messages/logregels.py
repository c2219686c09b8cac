"""A question to the log: every member narrows it, and none is required."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from exchange.messages.identifiers import Oin
from exchange.messages.outcome import Outcome
from exchange.messages.wire import WIRE


def _moment(value: object) -> date | datetime:
    """Read a day or a moment; a moment without a zone says nothing."""
    if isinstance(value, str) and len(value) <= _LONGEST_MOMENT:
        try:
            if len(value) == _LENGTH_OF_A_DAY:
                return date.fromisoformat(value)
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            return moment
    detail = "Geef een dag (JJJJ-MM-DD) of een tijdstip met zone (2026-09-01T08:00:00Z)."
    raise PydanticCustomError("datum-ongeldig", detail)


_LENGTH_OF_A_DAY, _LONGEST_MOMENT = 10, 35

DagOfTijdstip = Annotated[
    datetime | date,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "description": "Een dag, of een tijdstip met zone."}),
]
"""A legal day, whole and inclusive, or a moment; until a moment means before it."""


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class LogregelsVraag:
    """Which records of the log somebody wants to see."""

    van: DagOfTijdstip | None = None
    tot: DagOfTijdstip | None = None
    actor: Oin | None = None
    ontvanger: Oin | None = None
    activiteit: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,60}/[1-9][0-9]{0,3}$")] | None = (
        None
    )
    bericht_id: Annotated[UUID, Field(strict=False)] | None = None
    uitkomst: Outcome | None = None
    actie: Annotated[str, Field(pattern=r"^[a-z][a-z-]{1,60}$")] | None = None
