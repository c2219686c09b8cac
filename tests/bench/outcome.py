"""What one part of ``make bench`` found: for people, for a file, and whether it may pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """``failures`` say in words what is not as it must be; with any, the bench fails."""

    text: str
    values: dict[str, Any]
    failures: list[str] = field(default_factory=list)
