"""What a planned school week is made of: signalen, their fate, and what is reported back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from exchange.errors import Code
from exchange.messages.antwoord import Afsluitreden, Behandeling


class Fate(StrEnum):
    """What becomes of a signaal after it was sent."""

    STAAT = "staat"
    METEEN_INGETROKKEN = "meteen-ingetrokken"
    LATER_INGETROKKEN = "later-ingetrokken"
    VERVANGEN = "vervangen"
    GEWEIGERD = "geweigerd"


@dataclass(frozen=True, slots=True)
class Planned:
    """One signaal: who sends it, under which key, and what becomes of it.

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


@dataclass(frozen=True, slots=True)
class Handling:
    """What leerplicht reports back about one signaal, step by step."""

    number: int
    steps: tuple[tuple[Behandeling, Afsluitreden | None], ...]


@dataclass(frozen=True, slots=True)
class Story:
    """The whole week, in the order in which it is told."""

    signalen: tuple[Planned, ...]
    handlings: tuple[Handling, ...]
