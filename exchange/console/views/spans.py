"""How far a page looks back: a choice of a few, as links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """One choice."""

    href: str
    text: str
    current: bool


def span_links(path: str, spans: Sequence[int], chosen: int) -> tuple[Span, ...]:
    """Give a link for each number of days."""
    return tuple(
        Span(f"{path}?dagen={days}", f"{days} dagen", current=days == chosen) for days in spans
    )


def chosen_span(given: Mapping[str, str], spans: Sequence[int], usual: int) -> int:
    """Read the choice; anything else than one of ``spans`` is the usual one."""
    text = given.get("dagen", "")
    return next((days for days in spans if str(days) == text), usual)
