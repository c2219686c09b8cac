"""Which elements a verzuimbeleid must have, dated; today all of them are a proposal.

They are data (``schemas/elementen.toml``). A change is a new list with a new date, never an edit.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from exchange.errors import Fault
from exchange.messages.identifiers import LocalCode
from exchange.policy.necessity import LegalStatus


@dataclass(frozen=True, slots=True)
class RequiredElements:
    """The codes that a policy valid from ``geldig_vanaf`` on must name, and their source."""

    geldig_vanaf: date
    status: LegalStatus
    codes: tuple[str, ...]
    bron: str


@dataclass(frozen=True, slots=True)
class Elementen:
    """Every list through time, oldest first."""

    lists: tuple[RequiredElements, ...]

    def missing(self, named: Collection[str], day: date) -> tuple[str, ...]:
        """Give what a policy valid from ``day`` lacks; a lack is told, never refused.

        Before the first list nothing is asked.
        """
        required = next((r for r in reversed(self.lists) if r.geldig_vanaf <= day), None)
        return tuple(code for code in required.codes if code not in named) if required else ()


def read_elementen(text: str) -> Elementen:
    """Read the lists from TOML; what is incomplete, doubled or out of order stops the gateway."""
    try:
        found = tuple(_required(entry) for entry in tomllib.loads(text)["lijst"])
    except (tomllib.TOMLDecodeError, KeyError, ValueError, TypeError) as error:
        raise Fault(f"onleesbare elementen: {error}") from error
    days = [required.geldig_vanaf for required in found]
    if not found or days != sorted(set(days)):
        raise Fault("geen lijst van elementen, of niet in de volgorde van hun datum")
    return Elementen(found)


def _required(entry: Mapping[str, Any]) -> RequiredElements:
    codes = tuple(LocalCode(code).reveal() for code in entry["codes"])
    day, bron = entry["geldig_vanaf"], entry["bron"]
    if entry.keys() != {"geldig_vanaf", "status", "bron", "codes"} or type(day) is not date:
        raise ValueError("een lijst heeft een datum, een status, een bron en codes")
    if not codes or len(set(codes)) != len(codes) or not bron:
        raise ValueError("een lijst noemt haar bron, en elke code een keer")
    return RequiredElements(day, LegalStatus(entry["status"]), codes, bron)
