"""Reads ids from addresses."""

from __future__ import annotations

from uuid import UUID

from exchange.errors import Code, Refused


def id_of(text: str) -> UUID:
    """Read an id as we write it; what cannot be one is simply not found."""
    try:
        found = UUID(text)
    except ValueError:
        raise Refused(Code.NIET_GEVONDEN) from None
    if str(found) != text.lower():
        raise Refused(Code.NIET_GEVONDEN)
    return found
