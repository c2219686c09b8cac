"""Opaque cursors of paged lists: the last id shown, so that a page stays right while rows come."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from uuid import UUID

from exchange.storage.rows import Item, Page

_VERSION = b"\x01"
_LENGTH = 17


def page_of(found: Sequence[Item], limit: int, id_of: Callable[[Item], UUID]) -> Page[Item]:
    """Cut a page from at most ``limit + 1`` rows: the extra one only tells that more follows."""
    shown = found[:limit]
    more = len(found) > limit
    return Page(shown, encode(id_of(shown[-1])) if more else None)


def encode(last: UUID) -> str:
    """Give the cursor for what comes after ``last``."""
    return base64.urlsafe_b64encode(_VERSION + last.bytes).rstrip(b"=").decode()


def decode(cursor: str) -> UUID:
    """Give the id that a cursor stands for; ``ValueError`` for anything that we did not make."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("no cursor of ours") from None
    if len(raw) != _LENGTH or raw[:1] != _VERSION or encode(UUID(bytes=raw[1:])) != cursor:
        raise ValueError("no cursor of ours")
    return UUID(bytes=raw[1:])
