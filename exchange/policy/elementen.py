"""Which elements a verzuimbeleid must have, dated; today all of them are a proposal.

Source: intro of the nota naar aanleiding van het verslag (36 663); the complete list is not public,
so the codes are DESIGN. A change is a new entry, never an edit.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from exchange.policy.necessity import LegalStatus


@dataclass(frozen=True, slots=True)
class RequiredElements:
    """The codes that a policy valid from ``geldig_vanaf`` on must name."""

    geldig_vanaf: date
    status: LegalStatus
    codes: tuple[str, ...]


REQUIRED = (
    RequiredElements(
        date(2025, 8, 1),
        LegalStatus.VOORSTEL,
        ("SIGNAALCRITERIA", "SIGNALERING_LANGDURIG", "SAMENWERKING"),
    ),
)
"""Oldest first: criteria for a signaal, attention to (long) absence, who is involved when."""


def missing_elements(named: Collection[str], day: date) -> tuple[str, ...]:
    """Give the elements that a policy valid from ``day`` lacks; a lack is told, never refused."""
    required = next((r for r in reversed(REQUIRED) if r.geldig_vanaf <= day), None)
    return tuple(code for code in required.codes if code not in named) if required else ()
