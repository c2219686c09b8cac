"""What a notice is about and how it says so: a message by its berichtId, a levering by its nummer.

| Subject | `ce-type` | `ce-id` | body |
|---|---|---|---|
| a message | `MESSAGE_TYPE` | the berichtId | `{"berichtId": "..."}` |
| a levering | `LEVERING_TYPE` | the nummer | `{"nummer": 17}` |
"""

from __future__ import annotations

import json
from typing import Final
from uuid import UUID

from exchange.crypto.canonical import strict_json

MESSAGE_TYPE: Final = "nl.verzuim-exchange.bericht-beschikbaar"
LEVERING_TYPE: Final = "nl.verzuim-exchange.levering-beschikbaar"


def event_of(subject: UUID | int) -> tuple[str, str, bytes]:
    """Give type, id and whole body of the event that tells of ``subject``."""
    if isinstance(subject, UUID):
        return MESSAGE_TYPE, str(subject), json.dumps({"berichtId": str(subject)}).encode()
    return LEVERING_TYPE, str(subject), json.dumps({"nummer": subject}).encode()


def subject_of(event_type: str, event_id: str, body: bytes) -> UUID | int:
    """Read what ``event_of`` wrote; ``ValueError`` for anything that it would not have written."""
    subject = UUID(event_id) if event_type == MESSAGE_TYPE else int(event_id)
    expected_type, expected_id, expected = event_of(subject)
    told = json.dumps(strict_json(body)).encode()
    if (event_type, event_id, told) != (expected_type, expected_id, expected):
        raise ValueError("not an event of ours")
    return subject
