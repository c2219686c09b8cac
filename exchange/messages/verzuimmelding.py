"""The verzuimmelding: a school head's statutory notice about one pupil's unauthorised absence.

Source: LPW art. 21a; kinds and members after the Besluit verzuimmelding, by contract, section 2.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from exchange.messages.identifiers import Gemeentecode, Pgn, Vestigingscode
from exchange.messages.wire import WIRE, Acties, Contact, Datum, Minuten, PlichtVeld


class Verzuimsoort(StrEnum):
    """Why the notice is due: 16 hours in four lesweken, over four weeks, or leave not given."""

    ZESTIEN_UUR = "16-uur"
    LANGDURIG = "langdurig"
    LUXE = "luxe"


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class Verzuimdag:
    """One day of absence; ``minuten`` unauthorised, 1 to 720."""

    datum: Datum
    minuten: Minuten


def _at_least_one(days: tuple[Verzuimdag, ...]) -> tuple[Verzuimdag, ...]:
    """Judged after the days themselves: a list of one wrong day is not also too short."""
    if not days:
        raise PydanticCustomError("waarde-ongeldig", "Een melding heeft ten minste een dag.")
    return days


Dagen = Annotated[
    tuple[Verzuimdag, ...],
    Field(max_length=366, json_schema_extra={"minItems": 1}),
    AfterValidator(_at_least_one),
]


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class Verzuimmelding:
    """What the school states; ``einddatum`` may be absent while a long absence lasts."""

    vestigingscode: Vestigingscode
    pgn: Pgn
    plicht: PlichtVeld
    woongemeente: Gemeentecode
    verzuimsoort: Verzuimsoort
    begindatum: Datum
    einddatum: Datum | None = None
    dagen: Dagen
    alle_lessen_gemist: bool
    actie_gemeente_gewenst: bool
    ouders_geinformeerd_op: Datum
    acties_school: Acties
    contact: Contact
    vervangt: Annotated[UUID, Field(strict=False)] | None = None
