"""How a message looks on the wire: strict, camelCase, unknown members refused; and shared parts."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

WIRE = ConfigDict(
    strict=True,
    extra="forbid",
    alias_generator=to_camel,
    validate_by_name=True,
    validate_by_alias=True,
    hide_input_in_errors=True,
)
"""Configuration of every model at the edge; validation itself asks for aliases only."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day(value: object) -> date:
    if type(value) is date:
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("datum-ongeldig", "Een datum is JJJJ-MM-DD en bestaat.")


Datum = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
"""A legal day (Europe/Amsterdam), ``JJJJ-MM-DD`` and nothing else."""


class Plicht(StrEnum):
    """Which duty holds for the pupil (LPW art. 2, 3, 4a)."""

    LEERPLICHTIG = "leerplichtig"
    KWALIFICATIEPLICHTIG = "kwalificatieplichtig"


class ActieSchool(StrEnum):
    """What the school already did; closed list, never free text."""

    GESPREK_LEERLING = "GESPREK_LEERLING"
    GESPREK_OUDERS = "GESPREK_OUDERS"
    MENTOR = "MENTOR"
    ZORGCOORDINATOR = "ZORGCOORDINATOR"
    JEUGDARTS_BETROKKEN = "JEUGDARTS_BETROKKEN"
    SWV_BETROKKEN = "SWV_BETROKKEN"
    HUISBEZOEK = "HUISBEZOEK"


class ContactRol(StrEnum):
    """Whom leerplicht calls at the school: a function, not a name."""

    VERZUIMCOORDINATOR = "verzuimcoordinator"
    MENTOR = "mentor"
    DIRECTIE = "directie"
    ZORGCOORDINATOR = "zorgcoordinator"


class Categorie(StrEnum):
    """The two legal categories of absence (bill 36 663)."""

    GEOORLOOFD = "geoorloofd"
    ONGEOORLOOFD = "ongeoorloofd"


def _not_authorised_absence(value: object) -> object:
    if value == Categorie.GEOORLOOFD.value:
        raise PydanticCustomError(
            "geoorloofd-verzuim", "Een signaal gaat alleen over ongeoorloofd verzuim."
        )
    return value


def _known_duty(value: object) -> object:
    if value not in tuple(Plicht):
        raise PydanticCustomError(
            "buiten-leerplicht",
            "Een bericht gaat over een leerplichtige of kwalificatieplichtige leerling.",
        )
    return value


PlichtVeld = Annotated[Plicht, BeforeValidator(_known_duty)]
OngeoorloofdVeld = Annotated[Categorie, BeforeValidator(_not_authorised_absence)]
Minuten = Annotated[int, Field(ge=1, le=720)]
"""Minutes of absence on one day: at least one, at most twelve hours."""

Acties = Annotated[tuple[ActieSchool, ...], Field(max_length=len(ActieSchool))]
EmailAdres = Annotated[
    str,
    Field(
        max_length=100,
        description="Een e-mailadres van ten hoogste 100 tekens.",
        pattern=r"^[A-Za-z0-9._%+\-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}$",
    ),
]


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class Contact:
    """Where leerplicht reaches the school: a role and a mailbox, no person."""

    rol: ContactRol
    email: EmailAdres


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class Venster:
    """The days over which absence was counted, both inclusive."""

    van: Datum
    tot: Datum
