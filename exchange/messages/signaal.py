"""The signaal zorgelijk verzuim: a school head's notice about one pupil below the legal threshold.

Source: bill 36 663 (signaal below 16 hours in four lesweken); fields by contract, section 2.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field
from pydantic.dataclasses import dataclass

from exchange.messages.identifiers import Gemeentecode, LocalCode, Pgn, Vestigingscode
from exchange.messages.wire import (
    WIRE,
    Acties,
    Contact,
    Datum,
    OngeoorloofdVeld,
    PlichtVeld,
    Venster,
)


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class Signaal:
    """What the school states; ``ongeoorloofde_minuten`` in minutes, at least 1."""

    vestigingscode: Vestigingscode
    pgn: Pgn
    plicht: PlichtVeld
    woongemeente: Gemeentecode
    venster: Venster
    ongeoorloofde_minuten: Annotated[int, Field(ge=1)]
    criterium: LocalCode
    ouders_geinformeerd_op: Datum
    acties_school: Acties
    contact: Contact
    categorie: OngeoorloofdVeld | None = None
    vervangt: Annotated[UUID, Field(strict=False)] | None = None
