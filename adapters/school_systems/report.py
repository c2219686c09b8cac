"""What a delivery came to: counts, and everything that was refused, by line of the input file."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.school_systems.entry import Entry, Refusal
from adapters.school_systems.halt import Halted
from adapters.school_systems.progress import Outcome


@dataclass(slots=True)
class Report:
    """Grows while the delivery goes on.

    ``halted`` says why it stopped before its end, ``halted_at`` at which line.
    """

    total: int
    accepted: int = 0
    refused: int = 0
    told: list[Refusal] = field(default_factory=list)
    halted: Halted | None = None
    halted_at: int = 0

    @property
    def refusals(self) -> list[Refusal]:
        """Give what was wrong, in the order of the file."""
        return sorted(self.told, key=lambda refusal: refusal.line)

    @property
    def complete(self) -> bool:
        """Whether everything in the file was accepted."""
        return self.halted is None and self.accepted == self.total and not self.refused

    @property
    def done(self) -> int:
        """How many lines have had their answer."""
        return self.accepted + self.refused

    def add(self, outcome: Outcome) -> None:
        """Count a portion."""
        self.accepted += outcome.accepted
        self.refused += outcome.refused
        self.told.extend(outcome.refusals)

    def leave_behind(self, entry: Entry) -> None:
        """Count a line that never left the school."""
        self.refused += 1
        self.told.extend(entry.refusals)
