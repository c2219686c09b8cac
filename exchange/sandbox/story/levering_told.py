"""What became of the release: its number and what every recipient collected of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from exchange.messages.identifiers import Periode
from exchange.sandbox.story.levering import Collected


@dataclass(frozen=True, slots=True)
class LeveringTold:
    """A release as it was made and collected; ``pages`` is the folder with the pages."""

    nummer: int
    periode: Periode
    stand: str
    pages: Path
    collected: Sequence[Collected] = field(repr=False)
    faults: Sequence[str]
