"""What is published: the rows of a levering with what may be seen of them, and its header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from exchange.figures.measures import Measure, Niveau
from exchange.messages.identifiers import Periode


class Stand(StrEnum):
    """A release is voorlopig while its month still takes corrections, definitief after."""

    VOORLOPIG = "voorlopig"
    DEFINITIEF = "definitief"


@dataclass(frozen=True, slots=True)
class Dekking:
    """How many vestigingen there are in the territory, and how many delivered the month."""

    vestigingen: int
    geleverd: int


@dataclass(frozen=True, slots=True)
class Regel:
    """One published row: a measure that is hidden is None in ``waarden``.

    ``ontbreekt``: the vestiging did not deliver; then nothing is known of it, pupils neither.
    """

    niveau: Niveau
    code: str
    sector: str
    gemeente: str | None
    swv: str | None
    leerlingen: int | None
    ontbreekt: bool
    waarden: Mapping[Measure, int | None]

    @property
    def key(self) -> tuple[str, str, str]:
        """What this row is found by in another release."""
        return self.niveau.value, self.code, "" if self.niveau is Niveau.VESTIGING else self.sector


@dataclass(frozen=True, slots=True)
class Levering:
    """One release as one recipient, or the archive, has it.

    ``certificaat`` is the base64url SHA-256 of the audit certificate.
    """

    nummer: int
    periode: Periode
    stand: Stand
    vrijgegeven_op: datetime
    drempel: int
    dekking: Dekking
    certificaat: str
    regels: tuple[Regel, ...]
