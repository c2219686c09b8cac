"""What the flows work with: values and ports, built once by ``bootstrap``."""

from __future__ import annotations

from asyncio import Semaphore
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, TypeVar

from exchange.messages.identifiers import Oin
from exchange.pipeline.day_counts import DayCounts
from exchange.pipeline.quotas import Quotas
from exchange.pipeline.stages import Limits
from exchange.pipeline.turns import Turns
from exchange.policy.activities import Activities
from exchange.policy.calendar import legal_day
from exchange.policy.elementen import Elementen
from exchange.policy.finding_rules import DatedRules
from exchange.policy.law import Law
from exchange.policy.necessity import Mode, Necessity
from exchange.policy.parties import Directory
from exchange.ports import Clock, Ids, KeyProvider
from exchange.storage.commit_lane import CommitLane
from exchange.storage.database import Database
from exchange.storage.surroundings import LookUps

Result = TypeVar("Result")


class Steps(Protocol):
    """Told of every numbered step that a flow has passed; it measures, and decides nothing."""

    def passed(self, step: str, result: Result) -> Result:
        """Take note of ``step`` and give ``result`` back unchanged."""


def _none_behind() -> float:
    return 0.0


def _few_at_once() -> Semaphore:
    return Semaphore(3)


@dataclass(frozen=True, slots=True)
class Gateway:
    """The gateway as the flows see it.

    ``sealing_lag`` is in seconds, of the record that is behind most. ``nobodys_turn`` is for who
    reads the log without a certificate, and has no quota: together they never use up the database.
    """

    oin: Oin
    mode: Mode
    necessity: Necessity
    law: Law
    elementen: Elementen
    activities: Activities
    finding_rules: DatedRules
    limits: Limits
    quotas: Quotas
    turns: Turns
    clock: Clock
    ids: Ids
    keys: KeyProvider
    database: Database
    lane: CommitLane
    directory: Callable[[], Directory]
    steps: Steps
    sealing_lag: Callable[[], float] = _none_behind
    nobodys_turn: Semaphore = field(default_factory=_few_at_once)
    counted: DayCounts = field(default_factory=DayCounts)
    look_ups: LookUps = field(default_factory=LookUps)

    def today(self) -> date:
        """Give the legal day."""
        return legal_day(self.clock.now())
