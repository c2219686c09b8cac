"""Quantiles of measured times, and the middle one of several runs."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds."""

    p50: float
    p90: float
    p99: float
    largest: float


def spread_of(milliseconds: Sequence[float]) -> Spread:
    """Give the spread of some times; of none at all it is zero."""
    if len(milliseconds) < 2:
        only = milliseconds[0] if milliseconds else 0.0
        return Spread(only, only, only, only)
    cuts = statistics.quantiles(milliseconds, n=100, method="inclusive")
    return Spread(cuts[49], cuts[89], cuts[98], max(milliseconds))


def middle_of(spreads: Sequence[Spread]) -> Spread:
    """Give of each figure the median over several runs."""
    return Spread(
        *(statistics.median(column) for column in zip(*map(astuple, spreads), strict=True))
    )
