"""A request to see what became of one pupil's data, and why it is made.

Source: AVG art. 15 (access), 33 (breach), 5(2) and 39(1)(b) (accountability, monitoring).
"""

from __future__ import annotations

from enum import StrEnum

from pydantic.dataclasses import dataclass

from exchange.messages.identifiers import Pgn
from exchange.messages.wire import WIRE


class InzageReden(StrEnum):
    """A closed list, never free text: a reason in words would itself tell about the pupil."""

    INZAGEVERZOEK = "INZAGEVERZOEK"
    KLACHT = "KLACHT"
    DATALEK = "DATALEK"
    CONTROLE = "CONTROLE"


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class Inzageverzoek:
    """Whose data, and why; the reason is logged with the question, the number nowhere."""

    pgn: Pgn
    reden: InzageReden
