"""Why somebody asks what became of one pupil's data; the reason is logged with the question.

Source: AVG art. 15 (access), 33 (breach), 5(2) and 39(1)(b) (accountability, monitoring).
"""

from __future__ import annotations

from enum import StrEnum


class InzageReden(StrEnum):
    """A closed list, never free text: a reason in words would itself tell about the pupil."""

    INZAGEVERZOEK = "INZAGEVERZOEK"
    KLACHT = "KLACHT"
    DATALEK = "DATALEK"
    CONTROLE = "CONTROLE"
