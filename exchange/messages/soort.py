"""The kinds of message, by the name that receipts, mailbox, message and journal share."""

from __future__ import annotations

from enum import StrEnum


class Soort(StrEnum):
    """What a message is; the last two are figures about a school and are put, not sent."""

    SIGNAAL = "signaal"
    VERZUIMMELDING = "verzuimmelding"
    VERZUIMREGISTRATIES = "verzuimregistraties"
    INTREKKING = "intrekking"
    LEERLINGAANTALLEN = "leerlingaantallen"
    SCHOOLCIJFERS = "schoolcijfers"


NOTICES = frozenset({Soort.SIGNAAL, Soort.VERZUIMMELDING})
"""What a school says about one pupil, and may take back or replace."""
