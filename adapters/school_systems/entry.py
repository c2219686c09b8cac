"""One line of a school's file: the message that travels, or why it stays behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from exchange.errors import Violation


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing wrong with one line; ``line`` counts from 1 in the input file. Never a value."""

    line: int
    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line: ``body`` is its JSON, empty when ``refusals`` keep it from being sent."""

    line: int
    body: bytes = field(default=b"", repr=False)
    refusals: tuple[Refusal, ...] = ()


def refused(line: int, violations: Iterable[Violation]) -> Entry:
    """Give the entry of a line that does not leave the school."""
    return Entry(
        line, refusals=tuple(Refusal(line, v.pointer, v.code.value, v.detail) for v in violations)
    )
