"""How a start went, in numbers and in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from exchange.messages.soort import Soort
from exchange.sandbox.screen.suppliers import counted
from exchange.sandbox.story.levering_told import LeveringTold
from exchange.sandbox.story.month_told import MonthTold
from exchange.sandbox.story.told import Told


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a start went: what was told, what was wrong, and for how many a receiver waited."""

    told: Sequence[Told]
    month: MonthTold
    faults: Sequence[str]
    arrived: int
    receives: bool
    levering: LeveringTold | None = None

    def with_levering(self, levering: LeveringTold | None) -> Outcome:
        """Give the outcome with what became of the release."""
        faults = (*self.faults, *(levering.faults if levering else ()))
        return replace(self, levering=levering, faults=faults)

    @property
    def accepted(self) -> Sequence[Told]:
        """The messages that were taken."""
        return [one for one in self.told if one.receipt is not None]

    def taken(self, soort: Soort) -> int:
        """Count the messages of one kind that were taken."""
        return sum(one.planned.soort is soort for one in self.accepted)

    @property
    def registered(self) -> int:
        """How many lines of registrations were taken."""
        return sum(one.accepted for one in self.month.delivered)

    @property
    def refused(self) -> Sequence[Told]:
        """Those that were not."""
        return [one for one in self.told if one.receipt is None]


def last_line(outcome: Outcome, base_url: str, seconds: float, *, once: bool) -> str:
    """Say in one line how it went; what is wrong gets a line each."""
    if outcome.faults:
        return "\n  ".join(("sandbox: niet alles klopt", *outcome.faults))
    arrived = f"{outcome.arrived} berichten ontvangen" if outcome.receives else "niets opgehaald"
    counts = (
        f"{outcome.taken(Soort.SIGNAAL)} signalen aangenomen,"
        f" {outcome.taken(Soort.VERZUIMMELDING)} verzuimmeldingen,"
        f" {counted(outcome.registered)} registraties; {arrived},"
        f" {len(outcome.refused)} met opzet geweigerd ({seconds:.1f} s)"
    )
    return f"sandbox: alles klopt: {counts}" if once else f"sandbox klaar op {base_url}: {counts}"
