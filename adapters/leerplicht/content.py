"""Checks that a message is what it was asked for, and has exactly the members of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

from exchange.crypto.opening import OpenedMessage
from exchange.errors import Code, ExchangeError


class NotAsExpected(ExchangeError):
    """A message that opens, and yet is not the one that the mailbox announced."""

    def __init__(self, rule: str) -> None:
        super().__init__(Code.INTERNE_FOUT, rule=rule)


@dataclass(frozen=True, slots=True)
class Members:
    """The members that a kind of message always has, and those that it may have."""

    always: frozenset[str]
    sometimes: frozenset[str] = frozenset()

    def fit(self, members: frozenset[str]) -> bool:
        """Whether these are neither too few nor too many."""
        return self.always <= members <= self.always | self.sometimes


_IN_ALL: Final = frozenset({"berichtId", "soort"})
_IN_NOTICES: Final = _IN_ALL | {
    "pgn",
    "vestigingscode",
    "oudersGeinformeerdOp",
    "actiesSchool",
    "contact",
    "zaakreferentie",
}

KINDS: Final[Mapping[str, Members]] = MappingProxyType(
    {
        "signaal": Members(
            _IN_NOTICES | {"venster", "ongeoorloofdeMinuten", "criterium"},
            frozenset({"vervangt"}),
        ),
        "verzuimmelding": Members(
            _IN_NOTICES
            | {"verzuimsoort", "begindatum", "dagen", "alleLessenGemist", "actieGemeenteGewenst"},
            frozenset({"einddatum", "vervangt"}),
        ),
        "intrekking": Members(_IN_ALL | {"betreft", "reden"}),
    }
)
"""What leerplicht reads, by kind (contract section 3); ``einddatum`` may be open (langdurig)."""


def require_expected(opened: OpenedMessage, bericht_id: UUID, soort: str) -> None:
    """Raise ``NotAsExpected`` unless ``opened`` is the message that the mailbox listed so."""
    if not opened.rid == opened.content.get("berichtId") == str(bericht_id):
        raise NotAsExpected("bericht-id")
    if opened.content.get("soort") != soort:
        raise NotAsExpected("soort")
    if soort not in KINDS or not KINDS[soort].fit(frozenset(opened.content)):
        raise NotAsExpected("members")
