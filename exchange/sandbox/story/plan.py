"""What a planned school week is made of: messages, their fate, and what is reported back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from exchange.errors import Code
from exchange.messages.antwoord import Afsluitreden, Behandeling
from exchange.messages.soort import Soort

EDITION = 2
"""Another number for every change in what is sent: the same key never goes with another body."""


class Fate(StrEnum):
    """What becomes of a message after it was sent."""

    STAAT = "staat"
    METEEN_INGETROKKEN = "meteen-ingetrokken"
    LATER_INGETROKKEN = "later-ingetrokken"
    VERVANGEN = "vervangen"
    GEWEIGERD = "geweigerd"


@dataclass(frozen=True, slots=True)
class Planned:
    """One signaal or verzuimmelding: who sends it, under which key, and what becomes of it.

    ``replaces`` is the number of an earlier one; its berichtId is known only when it was sent.
    ``refusal`` is the code that a refused one must be answered with.
    """

    number: int
    key: str
    sender: str
    body: Mapping[str, Any] = field(repr=False)
    about: str = ""
    fate: Fate = Fate.STAAT
    replaces: int | None = None
    refusal: Code | None = None
    soort: Soort = Soort.SIGNAAL

    @property
    def name(self) -> str:
        """What it is called on the screen and in faults."""
        return f"{self.soort.value} {self.number}"


@dataclass(frozen=True, slots=True)
class Handling:
    """What leerplicht reports back about one message, step by step."""

    number: int
    steps: tuple[tuple[Behandeling, Afsluitreden | None], ...]


@dataclass(frozen=True, slots=True)
class Story:
    """The whole week, in the order in which it is told."""

    messages: tuple[Planned, ...]
    handlings: tuple[Handling, ...]
