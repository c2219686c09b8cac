"""Describes what a recipient gets: its mailbox, its key, and the releases for its territory."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from exchange.api.openapi.answers.parts import (
    Aantal,
    Absent,
    Antwoord,
    Hash,
    Lijst,
    Maand,
    Moment,
)
from exchange.figures.levering import Stand
from exchange.figures.measures import Measure, Niveau
from exchange.messages.antwoord import Behandeling, Uitkomst
from exchange.messages.soort import Soort
from exchange.policy.parties import KeyStatus
from exchange.policy.status import MailboxStatus


class Postbusbericht(Antwoord):
    """Een bericht in de postbus; de inhoud is apart op te halen."""

    bericht_id: UUID
    soort: Soort
    aangemaakt_op: Moment
    status: MailboxStatus


class Postbus(Lijst):
    """De eigen postbus, oudste eerst."""

    berichten: list[Postbusbericht]


class Bevestigd(Antwoord):
    """Wat over dit bericht is vastgelegd."""

    bericht_id: UUID
    uitkomst: Uitkomst


class Behandeld(Antwoord):
    """Wat over de behandeling is vastgelegd."""

    bericht_id: UUID
    status: Behandeling


class GeregistreerdeSleutel(Antwoord):
    """De sleutel bij zijn vingerafdruk (RFC 7638), en of hij al wordt gebruikt."""

    kid: Hash
    status: KeyStatus


class EcSleutel(Antwoord):
    """Een publieke sleutel op P-256."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: Hash
    y: Hash
    use: Literal["enc"] | Absent = None
    alg: Literal["ECDH-ES+A256KW"] | Absent = None
    kid: str | Absent = None


class RsaSleutel(Antwoord):
    """Een publieke RSA-sleutel van ten minste 3072 bits."""

    kty: Literal["RSA"]
    n: str = Field(pattern="^[A-Za-z0-9_-]{512,}$")
    e: str = Field(pattern="^[A-Za-z0-9_-]+$")
    use: Literal["enc"] | Absent = None
    alg: Literal["RSA-OAEP-256"] | Absent = None
    kid: str | Absent = None


PubliekeSleutel = EcSleutel | RsaSleutel
"""What a recipient registers; other members of a JWK are read over or refused by its checks."""


class Bestand(Antwoord):
    """Een vorm van een levering, en waaraan de bytes te herkennen zijn."""

    mediatype: str
    sha256: Hash
    bytes: Aantal


class Leveringsregel(Antwoord):
    """Een levering met cijfers van het eigen gebied."""

    nummer: int = Field(ge=1)
    periode: Maand
    stand: Stand
    vrijgegeven_op: Moment
    ingetrokken_op: Moment | None
    drempel: Aantal
    certificaat: Hash = Field(description="SHA-256 van het controlecertificaat.")
    manifest: str = Field(description="Compacte JWS over de hashes van alle bestanden.")
    bestanden: list[Bestand]


class Leveringen(Lijst):
    """De leveringen voor het eigen gebied, nieuwste eerst."""

    leveringen: list[Leveringsregel]


class Dekking(Antwoord):
    """Hoeveel vestigingen er zijn, en hoeveel daarvan leverden."""

    vestigingen: Aantal
    geleverd: Aantal


Cijfer = Annotated[int, Field(ge=0)] | None


class Rij(Antwoord):
    """De cijfers van een vestiging of een gebied; wat verborgen is, is null."""

    niveau: Niveau
    code: str
    periode: Maand
    sector: str
    gemeente: str | Absent = Field(default=None, description="Alleen bij een vestiging.")
    swv: str | Absent = Field(default=None, description="Alleen bij een vestiging.")
    leerlingen: Cijfer
    geoorloofde_minuten: Cijfer
    ongeoorloofde_minuten: Cijfer
    leerlingen_met_ongeoorloofd_verzuim: Cijfer
    trede1: Cijfer
    trede2: Cijfer
    trede3: Cijfer
    verzuimmeldingen: Cijfer | Absent = Field(default=None, description="Niet bij een vestiging.")
    signalen: Cijfer | Absent = Field(default=None, description="Niet bij een vestiging.")
    onderdrukt: list[Measure] = Field(description="De kolommen die verborgen zijn.")
    ontbreekt: bool = Field(description="De vestiging leverde deze maand niet.")


class Levering(Antwoord):
    """De cijfers van een maand over het eigen gebied."""

    nummer: int = Field(ge=1)
    periode: Maand
    stand: Stand
    vrijgegeven_op: Moment
    drempel: Aantal
    dekking: Dekking
    certificaat: Hash
    rijen: list[Rij]
