"""What is published about a row, and at which levels: the columns of a levering."""

from __future__ import annotations

from enum import StrEnum


class Niveau(StrEnum):
    """The nested levels; each row is the sum of the delivered rows one level below (design)."""

    VESTIGING = "vestiging"
    GEMEENTE_SWV = "gemeente-swv"
    SWV = "swv"
    LANDELIJK = "landelijk"


class Measure(StrEnum):
    """A published column under its name on the wire (contract, section 3 "Figures")."""

    GEOORLOOFDE_MINUTEN = "geoorloofdeMinuten"
    ONGEOORLOOFDE_MINUTEN = "ongeoorloofdeMinuten"
    LEERLINGEN_MET_ONGEOORLOOFD_VERZUIM = "leerlingenMetOngeoorloofdVerzuim"
    TREDE1 = "trede1"
    TREDE2 = "trede2"
    TREDE3 = "trede3"
    VERZUIMMELDINGEN = "verzuimmeldingen"
    SIGNALEN = "signalen"


TIERS = (Measure.TREDE1, Measure.TREDE2, Measure.TREDE3)
"""Together they are all pupils of the row, and that number is public."""

MINUTES = (Measure.GEOORLOOFDE_MINUTEN, Measure.ONGEOORLOOFDE_MINUTEN)
MESSAGES = (Measure.VERZUIMMELDINGEN, Measure.SIGNALEN)
"""Counted from gemeente-swv up: at a single school they would point at a pupil."""

COUNTS = (Measure.LEERLINGEN_MET_ONGEOORLOOFD_VERZUIM, *TIERS, *MESSAGES)
"""Numbers of pupils, or of messages about one pupil each."""


def measures_of(niveau: Niveau) -> tuple[Measure, ...]:
    """Give the columns that rows of this level have, in the order in which they are published."""
    return tuple(m for m in Measure if niveau is not Niveau.VESTIGING or m not in MESSAGES)
