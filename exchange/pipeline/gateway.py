"""What the flows work with: values and ports, built once by ``bootstrap``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from exchange.pipeline.quotas import Quotas
from exchange.pipeline.stages import Limits
from exchange.pipeline.turns import Turns
from exchange.policy.calendar import legal_day
from exchange.policy.elementen import Elementen
from exchange.policy.law import Law
from exchange.policy.necessity import Mode, Necessity
from exchange.policy.parties import Directory
from exchange.ports import Clock, Ids, KeyProvider
from exchange.storage.database import Database

Result = TypeVar("Result")


class Steps(Protocol):
    """Told of every numbered step that a flow has passed; it measures, and decides nothing."""

    def passed(self, step: str, result: Result) -> Result:
        """Take note of ``step`` and give ``result`` back unchanged."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """The gateway as the flows see it."""

    mode: Mode
    necessity: Necessity
    law: Law
    elementen: Elementen
    limits: Limits
    quotas: Quotas
    turns: Turns
    clock: Clock
    ids: Ids
    keys: KeyProvider
    database: Database
    directory: Callable[[], Directory]
    steps: Steps

    def today(self) -> date:
        """Give the legal day."""
        return legal_day(self.clock.now())
