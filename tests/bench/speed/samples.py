"""What one turn of one kind found, and the middle one of several turns."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.speed.quantiles import Spread, middle_of


@dataclass(frozen=True, slots=True)
class Sample:
    """Requests a second, and CPU microseconds for each request by part.

    ``others`` is the share of the machine's busy time that went to anybody but us.
    """

    rate: float
    server: float
    postgres: float
    workers: float
    generator: float
    spread: Spread
    others: float


def middle(samples: Sequence[Sample]) -> Sample:
    """Give of each figure the median over the rounds."""
    return Sample(
        rate=statistics.median(sample.rate for sample in samples),
        server=statistics.median(sample.server for sample in samples),
        postgres=statistics.median(sample.postgres for sample in samples),
        workers=statistics.median(sample.workers for sample in samples),
        generator=statistics.median(sample.generator for sample in samples),
        spread=middle_of([sample.spread for sample in samples]),
        others=statistics.median(sample.others for sample in samples),
    )
