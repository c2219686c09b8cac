"""Describes what the log tells: proofs, the records that an officer finds, and a pupil's inzage."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from exchange.api.openapi.answers.parts import (
    Aantal,
    Absent,
    Activiteit,
    Antwoord,
    Base64,
    Dag,
    Handtekening,
    Jaar,
    Lijst,
    Moment,
    Rol,
)
from exchange.api.openapi.answers.published import Clausule, Ondertekensleutel
from exchange.api.openapi.answers.receipts import (
    Bewijsinhoud,
    BewijsinhoudVandaag,
    Logplaats,
    Namen,
)
from exchange.errors import Code
from exchange.messages.identifiers import Oin, Vestigingscode
from exchange.messages.outcome import Outcome
from exchange.messages.soort import Soort
from exchange.policy.status import Status


class Logbewijs(Antwoord):
    """Een logregel en het bewijs dat hij onder het checkpoint valt (RFC 9162)."""

    entry: UUID
    blad: Base64 = Field(description="De bytes waarvan de bladhash is genomen.")
    index: Aantal
    omvang: Aantal
    bewijs: list[Base64]
    checkpoint: str


class Consistentie(Antwoord):
    """Het bewijs dat het logboek alleen is aangegroeid."""

    van: Aantal
    tot: Aantal
    bewijs: list[Base64]


class Getuigd(Antwoord):
    """Onder welke omvang de handtekening van de getuige staat."""

    omvang: Aantal


class Organisatie(Antwoord):
    """Een partij; zonder OIN is het de poort zelf."""

    oin: Oin | None
    naam: str


class Partij(Antwoord):
    """Een aangesloten partij."""

    oin: Oin
    naam: str


class Locatie(Antwoord):
    """Een vestiging van een school."""

    vestigingscode: Vestigingscode
    naam: str


class Logregel(Antwoord):
    """Een regel van het logboek: namen van velden, nooit een waarde."""

    entry: UUID
    tijd: Moment
    actie: str
    activiteit: Activiteit | None
    door: Partij | None
    namens: Oin | Vestigingscode | None
    aan: Partij | None
    bericht_id: UUID | None
    uitkomst: Outcome
    code: Code | None
    velden: Namen
    beleid: Dag | None
    toegangspunt: str | None = Field(description="Vingerafdruk van het certificaat van de beller.")
    verzegeld: bool
    ongeschonden: bool


class Logregels(Lijst):
    """De regels die voldoen, nieuwste eerst."""

    logregels: list[Logregel]


class Inzagestroom(Antwoord):
    """Wat een rol van een aangenomen bericht kreeg, en waarvoor."""

    rol: Rol
    aan: Organisatie | None
    activiteit: Activiteit
    doel: str
    grondslag: str
    doorgegeven: Namen
    geteld: Namen


class Schooljaarplaats(Antwoord):
    """Een school waar de leerling in een schooljaar bekend is."""

    vestigingscode: Vestigingscode
    schooljaar: Jaar


class Verwerking(Antwoord):
    """Iets wat met de gegevens van deze leerling is gedaan."""

    entry: UUID
    tijd: Moment
    actie: str
    soort: Soort | None
    activiteit: Activiteit
    omschrijving: str
    door: Organisatie | Locatie
    namens: Organisatie | Locatie | None
    aan: Organisatie | Locatie | None
    velden: Namen
    doel: str
    grondslag: str
    bericht_id: UUID | None
    uitkomst: Outcome
    code: Code | None
    stromen: list[Inzagestroom]
    scholen: list[Schooljaarplaats]


class Inzage(Antwoord):
    """Elke verwerking die nog aan de leerling te koppelen is, en hoe ver dat teruggaat."""

    verwerkingen: list[Verwerking]
    reikt_terug_tot: Dag
    toelichting: str


class BewezenRegel(Antwoord):
    """Een logregel over het bericht, met zijn plaats; na de bewaartermijn zonder tekst."""

    entry: UUID
    blad: Base64 | Absent = None
    bladhash: Base64
    index: Aantal
    bewijs: list[Base64]


class WachtendeRegel(Antwoord):
    """Een logregel die nog niet is verzegeld."""

    entry: UUID
    bladhash: Base64


class Doorgegeven(Antwoord):
    """Wat een rol kreeg, als het ontvangstbewijs niet voor u is."""

    rol: Rol
    ontvanger: Oin | None
    doorgegeven: Namen


class BekendeFeiten(Antwoord):
    """Wat van het bericht bekend is zonder het ontvangstbewijs te openen."""

    bericht_id: UUID
    ontvangen_op: Moment
    soort: Soort
    afzender: Oin
    beleid: Dag
    stromen: list[Doorgegeven]
    betreft: UUID | Absent = None
    gewist: bool | Absent = None
    ingetrokken_op: Moment | Absent = None
    ingetrokken_door: UUID | Absent = None
    logboek: Logplaats | Absent = None


class Wissing(Antwoord):
    """Hoe het bericht bij een ontvanger staat, en wanneer de inhoud is vernietigd."""

    rol: Rol
    ontvanger: Oin
    status: Status
    gewist_op: Moment | Absent = None


class Bewaarketen(Antwoord):
    """Alles wat u van een bericht mag zien, met bewijs; te controleren zonder deze poort."""

    soort: str = Field(pattern="^bewaarketen$")
    versie: int
    bericht_id: UUID
    peildatum: Moment
    vkey: str
    checkpoint: str
    omvang: Aantal
    regels: list[BewezenRegel]
    wachtend: list[WachtendeRegel]
    volledig: bool
    feiten: BewijsinhoudVandaag | Bewijsinhoud | BekendeFeiten
    noodzaak: list[Clausule]
    wissing: list[Wissing]
    sleutels: list[Ondertekensleutel]
    handtekening: Handtekening
