"""Describes what a school gets back of what it laid down, and what is told it of its messages."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, WithJsonSchema

from exchange.api.openapi.answers.parts import (
    Aantal,
    Absent,
    Antwoord,
    Dag,
    Jaar,
    Lijst,
    Maand,
    Moment,
)
from exchange.messages.antwoord import Afsluitreden, Behandeling, WeigerReden
from exchange.messages.identifiers import RegistratieId, Vestigingscode
from exchange.messages.schoolcijfers import Minutentelling
from exchange.messages.verzuimbeleid import Criterium, LesvrijePeriode
from exchange.policy.status import Status

Gemeld = Annotated[
    str,
    WithJsonSchema(
        {
            "type": "string",
            "enum": [
                *Behandeling,
                *(Status.GEWEIGERD, Status.GEPARKEERD, Status.VERVALLEN),
            ],
        }
    ),
]


class VastgelegdBeleid(Antwoord):
    """Het verzuimbeleid dat is vastgelegd, en welke verplichte elementen ontbreken."""

    vestigingscode: Vestigingscode
    geldig_vanaf: Dag
    ontbrekende_elementen: list[str]


class Verzuimbeleid(VastgelegdBeleid):
    """Het verzuimbeleid; van eigen redenen alleen hoeveel het er zijn."""

    vastgesteld_op: Dag
    lesuur_in_minuten: int
    aantal_redenen: Aantal
    signaalcriteria: list[Criterium]
    elementen: list[str]


class VastgelegdeKalender(Antwoord):
    """Welke schoolkalender is vastgelegd."""

    vestigingscode: Vestigingscode
    schooljaar: Jaar


class Schoolkalender(VastgelegdeKalender):
    """De lesvrije perioden van een schooljaar, begin en eind inbegrepen."""

    lesvrije_perioden: list[LesvrijePeriode]


class VastgelegdeMaand(Antwoord):
    """Van welke maand de cijfers zijn vastgelegd."""

    vestigingscode: Vestigingscode
    periode: Maand


class LeerlingaantallenVanMaand(VastgelegdeMaand):
    """De vastgelegde leerlingaantallen van een maand."""

    leerlingen: Aantal
    geplande_minuten_per_leerling: Aantal


class SchoolcijfersVanMaand(LeerlingaantallenVanMaand):
    """De vastgelegde schoolcijfers van een maand."""

    geoorloofd: Minutentelling
    ongeoorloofd: Minutentelling
    leerlingen_met_ongeoorloofd_verzuim: Aantal
    trede1: Aantal
    trede2: Aantal
    trede3: Aantal


class Teruggemeld(Antwoord):
    """Wat een ontvanger met een bericht deed, of dat het bleef liggen of verviel."""

    bericht_id: UUID
    status: Gemeld
    afsluitreden: Afsluitreden | None
    reden: WeigerReden | Absent = Field(default=None, description="Alleen bij een weigering.")
    ontvangen_op: Moment


class Terugmeldingen(Lijst):
    """Terugmeldingen over berichten van een vestiging."""

    terugmeldingen: list[Teruggemeld]


class Drempelmelding(Antwoord):
    """Een leerling die de grens haalde, genoemd met niets dan eigen nummers van de school."""

    registratie_ids: list[RegistratieId] = Field(min_length=1)
    bereikt_op: Dag
    minuten: Aantal


class Drempelmeldingen(Lijst):
    """Leerlingen van een vestiging die dit schooljaar de grens haalden."""

    drempelmeldingen: list[Drempelmelding]
