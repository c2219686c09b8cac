"""Choices that look like chance and are always the same: no random state, no library version."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

Choice = TypeVar("Choice")


@dataclass(frozen=True, slots=True)
class Dice:
    """The choices about one thing; every question about it has a name and one answer."""

    about: str

    def pick(self, question: str, options: Sequence[Choice]) -> Choice:
        """Give one of ``options``."""
        return options[self._number(question) % len(options)]

    def between(self, question: str, low: int, high: int) -> int:
        """Give a whole number from ``low`` up to and including ``high``."""
        return low + self._number(question) % (high - low + 1)

    def _number(self, question: str) -> int:
        digest = hashlib.sha256(f"{self.about}|{question}".encode()).digest()
        return int.from_bytes(digest[:8])
