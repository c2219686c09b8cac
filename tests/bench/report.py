"""Turns measured times into the table that ``make bench`` prints."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.bench.load import Load


@dataclass(frozen=True)
class Quantiles:
    """Milliseconds."""

    p50: float
    p90: float
    p99: float
    largest: float


@dataclass(frozen=True)
class Figures:
    """One run."""

    cores: int
    rate: float
    accepted: int
    refused: int
    unacknowledged: int
    answer: Quantiles
    acknowledged: Quantiles
    durability: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """Give everything as JSON values."""
        return asdict(self)


def figures_of(
    load: Load, latencies: Sequence[float | None], durability: dict[str, str], cores: int
) -> Figures:
    """Summarise a run; a message that was never acknowledged is counted, not averaged away."""
    arrived = [latency for latency in latencies if latency is not None]
    return Figures(
        cores=cores,
        rate=load.rate,
        accepted=len(load.accepted),
        refused=load.refused,
        unacknowledged=len(load.accepted) - len(arrived),
        answer=_quantiles(load.answered_ms),
        acknowledged=_quantiles(arrived),
        durability=durability,
    )


def render(figures: Figures) -> str:
    """Give the table as text."""
    rows = [
        ("POST /v1/signalen to its answer (mTLS)", figures.answer),
        ("accepted to acknowledged by the recipient", figures.acknowledged),
    ]
    settings = ", ".join(f"{name}={value}" for name, value in figures.durability.items())
    lines = [
        f"{figures.accepted} signalen at {figures.rate:g}/s on {figures.cores} cores shared by all",
        f"PostgreSQL: {settings}",
        f"refused {figures.refused}, not acknowledged {figures.unacknowledged}",
        "",
        f"{'milliseconds':<44}{'p50':>8}{'p90':>8}{'p99':>8}{'max':>8}",
    ]
    lines += [
        f"{name:<44}{q.p50:>8.1f}{q.p90:>8.1f}{q.p99:>8.1f}{q.largest:>8.1f}" for name, q in rows
    ]
    return "\n".join(lines)


def _quantiles(values: Sequence[float]) -> Quantiles:
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return Quantiles(cuts[49], cuts[89], cuts[98], max(values))
