"""What became of a month: every delivery, and the pupil who reached the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from exchange.sandbox.story.delivery import Delivered
from exchange.sandbox.story.drempel import DrempelTold
from exchange.sandbox.story.month import Month


@dataclass(frozen=True, slots=True)
class MonthTold:
    """A month as it was told."""

    month: Month
    delivered: Sequence[Delivered] = field(repr=False)
    drempel: DrempelTold | None
