"""From how many minutes a melding is mandatory, by sector and by the school's own lesuur."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from exchange.bootstrap.law import open_law
from exchange.policy.parties import Sector
from exchange.policy.thresholds import threshold_minutes

NUMBERS = open_law().on(date(2026, 11, 18))


@pytest.mark.parametrize(
    ("sector", "lesuur", "minutes"),
    [
        (Sector.PO, 50, 960),
        (Sector.SO, 45, 960),
        (Sector.VO, 60, 960),
        (Sector.VO, 50, 800),
        (Sector.VSO, 45, 720),
        (Sector.VO, None, 960),
        (Sector.PO, None, 960),
    ],
)
def test_a_unit_is_a_clock_hour_in_po_and_so_and_the_lesuur_in_vo_and_vso(
    sector: Sector, lesuur: int | None, minutes: int
) -> None:
    assert threshold_minutes(NUMBERS, sector, lesuur) == minutes


def test_another_number_of_units_gives_another_threshold() -> None:
    stricter = replace(NUMBERS, drempel_eenheden=12)
    assert threshold_minutes(stricter, Sector.PO, None) == 720
