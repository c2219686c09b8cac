"""Describes the receipt of a message, as it is given at once and as it is read back later."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from exchange.api.openapi.answers.parts import (
    Aantal,
    Absent,
    Antwoord,
    Dag,
    Fout,
    Handtekening,
    Hash,
    Lijst,
    Moment,
    Rol,
)
from exchange.messages.identifiers import Oin, Vestigingscode
from exchange.messages.soort import Soort
from exchange.policy.status import Status

Namen = Annotated[list[str], Field(description="Namen van velden; nooit een waarde.")]
Zout = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{22}$", description="16 bytes als base64url.")]


class IngehoudenVeld(Antwoord):
    """Een veld dat deze rol niet krijgt, en waarom niet."""

    veld: str
    grond: str


class Stroom(Antwoord):
    """Wat er voor een rol van het bericht werd, en waar het daar staat."""

    rol: Rol
    ontvanger: Oin | None
    status: Status
    doorgegeven: Namen
    gegeneraliseerd: Namen
    afgeleid: Namen
    route: Namen
    ingehouden: list[IngehoudenVeld]
    beleid: Dag = Field(description="De dag vanaf wanneer de toegepaste noodzaaktabel geldt.")


Stromen = Annotated[
    list[Stroom], Field(min_length=4, max_length=4, description="Precies de vier rollen.")
]


class Logplaats(Antwoord):
    """Waar het bericht in het logboek staat."""

    entry: UUID = Field(description="UUIDv7 van de logregel.")
    bladhash: Hash


class GeweigerdeRegel(Antwoord):
    """Een regel die niet is aangenomen, en alles wat daaraan mis is."""

    regel: int = Field(ge=1, description="Geteld vanaf 1; lege regels tellen mee.")
    fouten: list[Fout] = Field(min_length=1)


class Bewijsinhoud(Antwoord):
    """Wat een ontvangstbewijs zegt, zonder handtekening."""

    bericht_id: UUID
    ontvangen_op: Moment
    soort: Soort
    stromen: Stromen
    logboek: Logplaats
    zout: Zout
    inhoudshash: Hash = Field(
        description="SHA-256 van het zout, gevolgd door de uitgepakte inhoud."
    )


class Ontvangstbewijs(Bewijsinhoud):
    """Het getekende bewijs van wat is aangenomen en wat daarvan naar wie ging."""

    handtekening: Handtekening


class OntvangstbewijsRegistraties(Ontvangstbewijs):
    """Het bewijs van registraties: ook hoeveel, van welke vestigingen, en wat is geweigerd."""

    vestigingen: list[Vestigingscode]
    aantal_aangenomen: Aantal
    aantal_geweigerd: Aantal
    geweigerd: list[GeweigerdeRegel] = Field(max_length=1000)


class BewijsinhoudVandaag(Antwoord):
    """Wat een ontvangstbewijs zegt, met de status van de peildatum."""

    bericht_id: UUID
    ontvangen_op: Moment
    soort: Soort
    stromen: Stromen
    logboek: Logplaats
    zout: Zout | Absent = Field(default=None, description="Niet meer na de bewaartermijn.")
    inhoudshash: Hash | Absent = Field(default=None, description="Niet meer na de bewaartermijn.")
    vestigingen: list[Vestigingscode] | Absent = Field(
        default=None, description="Alleen bij registraties."
    )
    aantal_aangenomen: Aantal | Absent = Field(default=None, description="Alleen bij registraties.")
    aantal_geweigerd: Aantal | Absent = Field(default=None, description="Alleen bij registraties.")
    geweigerd: list[GeweigerdeRegel] | Absent = Field(
        default=None, description="Alleen bij registraties."
    )
    peildatum: Moment


class OntvangstbewijsVandaag(BewijsinhoudVandaag):
    """Het ontvangstbewijs, vers getekend, met de status van de peildatum."""

    handtekening: Handtekening


class Ontvangstbewijzen(Lijst):
    """De ontvangstbewijzen van een vestiging."""

    ontvangstbewijzen: list[OntvangstbewijsVandaag]


class Toetsing(Antwoord):
    """Wat een controle (`?valideer=true`) vond; er is niets opgeslagen."""

    geldig: bool
    stromen: list[Stroom] = Field(description="Wat elke rol zou krijgen; leeg als er niets gaat.")


class ToetsingRegistraties(Toetsing):
    """Wat een controle van registraties vond; er is niets opgeslagen."""

    aantal_aangenomen: Aantal
    aantal_geweigerd: Aantal
    geweigerd: list[GeweigerdeRegel] = Field(max_length=1000)
