"""When absence becomes a statutory melding."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from exchange.policy.parties import Sector
from exchange.policy.thresholds import THRESHOLDS, threshold_minutes, threshold_on

DAY = date(2026, 11, 13)


@pytest.mark.parametrize(
    ("sector", "lesuur", "minutes"),
    [
        (Sector.PO, 60, 960),
        (Sector.PO, 45, 960),  # a clock hour in primary education
        (Sector.SO, 45, 960),
        (Sector.VO, 60, 960),
        (Sector.VO, 50, 800),  # a lesuur in secondary
        (Sector.VSO, 45, 720),
        (Sector.VO, 1, 16),
    ],
)
def test_sixteen_units_of_the_sector(sector: Sector, lesuur: int, minutes: int) -> None:
    assert threshold_minutes(DAY, sector, lesuur) == minutes


def test_every_sector_has_a_unit() -> None:
    assert {threshold_minutes(DAY, sector, 50) for sector in Sector} == {960, 800}


def test_the_parameters_are_dated_and_each_has_its_source() -> None:
    for earlier, later in pairwise(THRESHOLDS):
        assert earlier.geldig_vanaf < later.geldig_vanaf
    for threshold in THRESHOLDS:
        assert threshold_on(threshold.geldig_vanaf) is threshold
        assert threshold.source
    assert (threshold_on(DAY).units, threshold_on(DAY).lesweken) == (16, 4)
    assert threshold_on(date(1, 1, 1)) is THRESHOLDS[0]
    assert threshold_on(date.max) is THRESHOLDS[-1]
