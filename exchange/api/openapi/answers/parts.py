"""The parts of which answers are described: closed objects, moments, hashes, links."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema

from exchange.errors import Code
from exchange.policy.parties import RECIPIENT_ROLES

Absent = SkipJsonSchema[None]
"""Beside a type, with None as default: the member may be left out, and is then nowhere null."""

Dag = Annotated[date, WithJsonSchema({"type": "string", "format": "date"})]
Moment = Annotated[
    datetime,
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$",
            "description": "Tijdstip in UTC.",
        }
    ),
]
Maand = Annotated[
    str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="Een maand, zoals 2026-09.")
]
Jaar = Annotated[
    str, Field(pattern=r"^\d{4}-\d{4}$", description="Een schooljaar, zoals 2026-2027.")
]
Aantal = Annotated[int, Field(ge=0)]
Hash = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$", description="SHA-256 als base64url.")]
Base64 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", description="Bytes als base64.")]
Handtekening = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-]+\.\.[A-Za-z0-9_-]+$",
        description="Losse JWS (ES256) over de JCS-vorm (RFC 8785) van de rest; "
        "de sleutel staat in `/v1/sleutels`.",
    ),
]
Rol = Annotated[
    str, WithJsonSchema({"type": "string", "enum": [role.value for role in RECIPIENT_ROLES]})
]
Activiteit = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9-]{1,60}/[1-9][0-9]{0,3}$",
        description="Verwerkingsactiviteit en haar versie, zoals in het register.",
    ),
]


class Antwoord(BaseModel):
    """A description of what stands on the wire; no answer is ever made or checked with it."""

    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, validate_by_name=True, validate_by_alias=True
    )


class Verwijzing(Antwoord):
    """Een koppeling naar een andere bladzijde."""

    href: str = Field(json_schema_extra={"format": "uri-reference"})


class Koppelingen(Antwoord):
    """De volgende bladzijde; op de laatste staat hier niets."""

    next: Verwijzing | Absent = None


class Lijst(Antwoord):
    """Een bladzijde van een lijst."""

    links: Koppelingen = Field(alias="_links")


class Fout(Antwoord):
    """Wat er mis is, op welke plaats, en wat te doen; nooit de ingestuurde waarde."""

    pointer: str = Field(description="JSON Pointer (RFC 6901); leeg voor het geheel.")
    code: Code
    detail: str


class Probleem(Antwoord):
    """Een probleem (RFC 9457); de ingestuurde waarde staat er nooit in."""

    type: str = Field(
        description="Vaste naam van het soort probleem: `/problemen/<code>`.",
        json_schema_extra={"format": "uri-reference"},
    )
    title: str
    status: int = Field(ge=400, le=599, description="De HTTP-status.")
    detail: str = Field(description="Wat u kunt doen.")
    instance: str = Field(
        description="Dit ene geval; noem het bij navraag.", json_schema_extra={"format": "uri"}
    )
    code: Code
    fouten: list[Fout] = Field(min_length=1, description="Alles wat er mis is, tegelijk.")
    bericht_id: str | Absent = Field(
        default=None,
        description="Bij `al-gemeld`: het eerdere bericht.",
        json_schema_extra={"format": "uuid"},
    )
