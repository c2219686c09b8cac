"""Describes what anybody may read: code lists, the necessity table, the register, the keys."""

from __future__ import annotations

from pydantic import Field

from exchange.accountability.register import Handling
from exchange.api.openapi.answers.parts import Absent, Activiteit, Antwoord, Dag, Lijst, Rol
from exchange.messages.soort import Soort
from exchange.policy.necessity import Kind, LegalStatus, Mode, Reach


class Lijstcode(Antwoord):
    """Een code en wat zij betekent; van een lijst met een datum ook sinds wanneer zij geldt."""

    code: str
    omschrijving: str
    status: LegalStatus | Absent = None
    geldig_vanaf: Dag | Absent = None


class Codelijst(Antwoord):
    """Een gesloten lijst van codes, met haar bron."""

    naam: str
    bron: str
    codes: list[Lijstcode]


class Codelijsten(Lijst):
    """Alle gesloten codelijsten."""

    codelijsten: list[Codelijst]


class Veldregel(Antwoord):
    """Wat er met een veld gebeurt, en hoe of waarom."""

    soort: Kind
    hoe: str


class Clausule(Antwoord):
    """Wat een rol van een soort bericht krijgt, waarvoor en op welke grondslag."""

    id: str
    bericht: Soort
    rol: Rol
    bereik: Reach
    status: LegalStatus
    activiteit: Activiteit
    doel: str
    doelomschrijving: str
    grondslag: str
    verantwoordelijke: str
    verwerker: str
    velden: dict[str, Veldregel]
    toegevoegd: dict[str, str]


class Uitsluiting(Antwoord):
    """Wat een ontvanger nooit krijgt."""

    ontvanger: str
    velden: list[str]
    grond: str


class Noodzaaktabel(Antwoord):
    """Een noodzaaktabel, zoals deze poort haar toepast."""

    geldig_vanaf: Dag
    clausules: list[Clausule]
    uitsluitingen: list[Uitsluiting]
    geldig_tot: Dag | None


class Noodzaak(Antwoord):
    """De tabel die vandaag geldt, wat ervoor gold en wat is aangekondigd."""

    peildatum: Dag
    modus: Mode
    tabel: Noodzaaktabel | None
    geschiedenis: list[Noodzaaktabel]
    aangekondigd: list[Noodzaaktabel]


class Gegeven(Antwoord):
    """Een gegeven, en wat ermee gebeurt."""

    naam: str
    behandeling: Handling
    toelichting: str


class Bewaring(Antwoord):
    """Waar gegevens liggen, en tot wanneer."""

    bewaarplaats: str
    wat: str
    termijn: str
    bron: str | None


class Berichtstroom(Antwoord):
    """De stroom van een soort bericht naar een rol."""

    bericht: Soort
    rol: Rol
    bereik: Reach


class Verwerkingsactiviteit(Antwoord):
    """Een versie van een verwerking (AVG art. 30)."""

    id: Activiteit
    naam: str
    geldig_vanaf: Dag
    geldig_tot: Dag | None
    status: LegalStatus
    toegepast: bool
    verwerkingsverantwoordelijke: str
    verwerker: str
    verstrekker: str | None
    doel: str
    grondslag: str
    betrokkenen: list[str]
    gegevens: list[Gegeven]
    ontvangers: list[str]
    bewaring: list[Bewaring]
    doorgifte: str
    maatregelen: list[str]
    dpia: str
    stroom: Berichtstroom | None


class Verwerkingsactiviteiten(Lijst):
    """Het register van verwerkingen op de peildatum."""

    peildatum: Dag
    modus: Mode
    verwerkingsactiviteiten: list[Verwerkingsactiviteit]
    geschiedenis: list[Verwerkingsactiviteit]
    aangekondigd: list[Verwerkingsactiviteit]


class Ondertekensleutel(Antwoord):
    """Een sleutel waarmee de poort tekent (ES256)."""

    kty: str = Field(pattern="^EC$")
    crv: str = Field(pattern="^P-256$")
    x: str
    y: str
    use: str = Field(pattern="^sig$")
    alg: str = Field(pattern="^ES256$")
    kid: str


class Checkpointsleutel(Antwoord):
    """De sleutel van het logboek (Ed25519); `vkey` is zijn C2SP-vorm."""

    kty: str = Field(pattern="^OKP$")
    crv: str = Field(pattern="^Ed25519$")
    x: str
    use: str = Field(pattern="^checkpoint$")
    kid: str
    vkey: str


class Sleutels(Antwoord):
    """De publieke sleutels van de poort (JWKS, RFC 7517)."""

    keys: list[Ondertekensleutel | Checkpointsleutel]
