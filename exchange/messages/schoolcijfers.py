"""Figures about a school in one month: how many pupils it has, and its absence if it counts itself.

Source: bill 36 663 (absence data aggregated per school); contract, sections 2 and 3. No pupil is in
them; whoever counts itself sends no registrations.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from exchange.messages.wire import WIRE

_MOST_PUPILS = 20_000
_MOST_MINUTES = 1_000_000_000

Aantal = Annotated[int, Field(ge=0, le=_MOST_PUPILS)]
Minutensom = Annotated[int, Field(ge=0, le=_MOST_MINUTES)]
GeplandeMinuten = Annotated[int, Field(ge=0, le=30 * 720)]


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class Leerlingaantallen:
    """``leerlingen`` under leerplicht or kwalificatieplicht; planned lesson minutes of each."""

    leerlingen: Aantal
    geplande_minuten_per_leerling: GeplandeMinuten


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class Minutentelling:
    """Minutes of one category, how many pupils made them, and the most that one pupil made."""

    minuten: Minutensom
    aantal_leerlingen: Aantal
    grootste_aandeel_minuten: Minutensom


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class Schoolcijfers:
    """What a school that counts itself delivers; tiers are numbers of pupils by presence."""

    leerlingen: Aantal
    geplande_minuten_per_leerling: GeplandeMinuten
    geoorloofd: Minutentelling
    ongeoorloofd: Minutentelling
    leerlingen_met_ongeoorloofd_verzuim: Aantal
    trede1: Aantal
    trede2: Aantal
    trede3: Aantal
