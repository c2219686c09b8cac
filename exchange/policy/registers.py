"""What a file of a public register says, in our own terms, and the report of what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from exchange.messages.identifiers import Gemeentecode, Postcode4, Vestigingscode
from exchange.policy.parties import Gemeente, Sector


class Register(StrEnum):
    """The files that can be imported: DUO's vestigingen of three kinds, gemeenten, SWV regions."""

    BO = "bo"
    SO = "so"
    VO = "vo"
    GEMEENTEN = "gemeenten"
    SWV_REGIO = "swv-regio"


@dataclass(frozen=True, slots=True)
class Misfit:
    """A readable line that has no place here; ``key`` is what it is about, ``reason`` is Dutch.

    What we have of ``key`` stays as it is: a line that does not fit neither changes nor ends it.
    """

    line: int
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a file as a whole.

    ``read`` counts its rows, ``because`` says what gave its kind away,
    ``absent`` names the optional columns that it lacks, ``notes`` are for who reads the report. All
    texts are Dutch.
    """

    register: Register
    sha256: str
    read: int
    because: str
    absent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VestigingLine:
    """A school location as DUO publishes it; without a postcode it has no region."""

    line: int
    code: Vestigingscode
    gemeente: Gemeentecode
    sector: Sector
    postcode4: Postcode4 | None
    naam: str | None
    bevoegd_gezag: str | None


@dataclass(frozen=True, slots=True)
class Regio:
    """The samenwerkingsverbanden of a postcode; one of the two may be missing."""

    swv_po: str | None
    swv_vo: str | None

    def swv_of(self, sector: Sector) -> str | None:
        """Give the samenwerkingsverband of a sector: PO for po and so, VO for vo and vso."""
        return self.swv_po if sector in {Sector.PO, Sector.SO} else self.swv_vo


@dataclass(frozen=True, slots=True)
class VestigingenFile:
    """A file of vestigingen, each once."""

    about: About
    lines: tuple[VestigingLine, ...]
    misfits: tuple[Misfit, ...] = ()


@dataclass(frozen=True, slots=True)
class GemeentenFile:
    """A list of gemeenten with their own dates; a code may be there for several periods."""

    about: About
    gemeenten: tuple[Gemeente, ...]
    misfits: tuple[Misfit, ...] = ()


@dataclass(frozen=True, slots=True)
class RegioFile:
    """The region annex: every postcode once."""

    about: About
    regions: Mapping[Postcode4, Regio]
    misfits: tuple[Misfit, ...] = ()


RegisterFile = VestigingenFile | GemeentenFile | RegioFile


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or would do (``rehearsal``); ``entry`` names its log record."""

    about: About
    peildatum: date
    new: int
    changed: int
    ended: int
    unchanged: int
    misfits: tuple[Misfit, ...]
    rehearsal: bool
    entry: UUID | None = None
