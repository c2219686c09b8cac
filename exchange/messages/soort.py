"""The kinds of message, by the name that receipts, mailbox, message and journal share."""

from __future__ import annotations

from enum import StrEnum


class Soort(StrEnum):
    """What a message is."""

    SIGNAAL = "signaal"
    INTREKKING = "intrekking"
