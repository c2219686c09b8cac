"""What became of one pupil's data: the values that an inzage is made of, and how they are written.

Source: AVG art. 15(1) (purposes, categories, recipients) and 15(4) (the rights of others).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from exchange.accountability.receipt import utc
from exchange.storage.inzage import Place

GATEWAY = "Verzuim Exchange"


@dataclass(frozen=True, slots=True)
class Wie:
    """An organisation, a school location, or (without a number) the gateway itself."""

    naam: str
    oin: str | None = None
    vestigingscode: str | None = None

    def as_json(self) -> dict[str, str | None]:
        """Give the name and the number; never a person: an employee stands for the organisation."""
        if self.vestigingscode is not None:
            return {"vestigingscode": self.vestigingscode, "naam": self.naam}
        return {"oin": self.oin, "naam": self.naam}


@dataclass(frozen=True, slots=True)
class Stroom:
    """What one role got of an accepted message, or was counted from it; and what for."""

    rol: str
    aan: Wie | None
    activiteit: str
    doel: str
    grondslag: str
    doorgegeven: tuple[str, ...]
    geteld: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Give the member of ``stromen``."""
        return {
            "rol": self.rol,
            "aan": self.aan.as_json() if self.aan else None,
            "activiteit": self.activiteit,
            "doel": self.doel,
            "grondslag": self.grondslag,
            "doorgegeven": list(self.doorgegeven),
            "geteld": list(self.geteld),
        }


@dataclass(frozen=True, slots=True)
class Verwerking:
    """One thing that was done with this pupil's data: ``velden`` by name, never a value.

    ``aan`` is who got them; ``places`` are where the pupil is known, as far as who asks may see.
    """

    entry: UUID
    tijd: datetime
    actie: str
    soort: str | None
    activiteit: str
    omschrijving: str
    door: Wie
    namens: Wie | None
    aan: Wie | None
    velden: tuple[str, ...]
    doel: str
    grondslag: str
    bericht_id: UUID | None
    uitkomst: str
    code: str | None
    stromen: tuple[Stroom, ...]
    places: tuple[Place, ...]

    def as_json(self) -> dict[str, Any]:
        """Give the member of ``verwerkingen``."""
        return {
            "entry": str(self.entry),
            "tijd": utc(self.tijd),
            "actie": self.actie,
            "soort": self.soort,
            "activiteit": self.activiteit,
            "omschrijving": self.omschrijving,
            "door": self.door.as_json(),
            "namens": self.namens.as_json() if self.namens else None,
            "aan": self.aan.as_json() if self.aan else None,
            "velden": list(self.velden),
            "doel": self.doel,
            "grondslag": self.grondslag,
            "berichtId": str(self.bericht_id) if self.bericht_id else None,
            "uitkomst": self.uitkomst,
            "code": self.code,
            "stromen": [stroom.as_json() for stroom in self.stromen],
            "scholen": [
                {"vestigingscode": str(code), "schooljaar": str(year)} for code, year in self.places
            ],
        }


@dataclass(frozen=True, slots=True)
class Reach:
    """The first days about which something can still be found; older links are gone (P9)."""

    messages: date
    registrations: date

    @property
    def earliest(self) -> date:
        """The earliest of the two."""
        return min(self.messages, self.registrations)


@dataclass(frozen=True, slots=True)
class Inzage:
    """Everything that is still linked to one pupil, oldest first, and how far back that reaches.

    ``schools`` says what the vestigingen in it are called.
    """

    verwerkingen: tuple[Verwerking, ...]
    reach: Reach
    toelichting: str
    schools: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """Give the answer."""
        return {
            "verwerkingen": [one.as_json() for one in self.verwerkingen],
            "reiktTerugTot": self.reach.earliest.isoformat(),
            "toelichting": self.toelichting,
        }
