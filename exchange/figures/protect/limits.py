"""Says what an attacker could believe of minutes, from the other figures of their row.

A pupil's minutes together put it in a tier, and whoever has an unauthorised minute counts in that
number. The other figures are taken at their true values, shown or not: then what is believed of
one measure never asks another to be different as well.
"""

from __future__ import annotations

from collections.abc import Set

from exchange.figures.measures import MINUTES, TIERS, Measure
from exchange.figures.secrets import Need, most
from exchange.figures.table import NUMBER, Row
from exchange.policy.law import Parameters
from exchange.policy.schoolcijfers import tiers

Limits = tuple[int, int]
"""The least and the most, both inclusive."""


def limits(
    row: Row, measure: Measure, need: Need, hidden: Set[Measure], numbers: Parameters | None
) -> Limits:
    """Give the least and the most that a cell could hold; ``hidden`` is what its row hides.

    Without ``numbers`` the tiers say nothing. What is hidden says nothing either to a cell whose
    need does not fit beside it. A delivery may contradict itself: what is true stays believable.
    """
    value, widest = row.values[measure], (0, most(row, measure))
    if measure not in MINUTES:
        return widest
    by_number = _by_number(row) if measure is Measure.ONGEOORLOOFDE_MINUTEN else widest
    by_tiers = _by_tiers(row, measure, numbers) if numbers and row.vestiging else widest
    shown = widest if NUMBER in hidden else _both(widest, by_number, value)
    all_ = _both(_both(shown, by_number, value), by_tiers, value)
    fits = all_[0] <= value - need.down and value + need.up <= all_[1]
    return all_ if fits or hidden.isdisjoint((*TIERS, NUMBER)) else shown


def _both(one: Limits, other: Limits, value: int) -> Limits:
    if not other[0] <= value <= other[1]:
        return one
    return max(one[0], other[0]), min(one[1], other[1])


def _by_number(row: Row) -> Limits:
    number = row.values[NUMBER]
    return number, number * row.geplande_minuten


def _by_tiers(row: Row, measure: Measure, numbers: Parameters) -> Limits:
    """Bound one kind of minutes by what all pupils missed together, less the other kind.

    Both kinds are widest if whoever has unauthorised minutes stands in the lowest tiers.
    """
    bounds = tiers(row.geplande_minuten, numbers)
    in_tiers = [row.values[tier] for tier in TIERS]
    together = sum(row.values[minutes] for minutes in MINUTES)
    least = sum(pupils * tier.least for pupils, tier in zip(in_tiers, bounds, strict=True))
    highest = sum(pupils * tier.most for pupils, tier in zip(in_tiers, bounds, strict=True))
    other = together - row.values[measure]
    left, excused, unexcused = row.values[NUMBER], least, 0
    for pupils, tier in reversed(list(zip(in_tiers, bounds, strict=True))):
        placed = min(pupils, left)
        left -= placed
        excused -= placed * tier.least
        unexcused += placed * tier.most
    if measure is Measure.GEOORLOOFDE_MINUTEN:
        return max(least - other, excused), highest - other
    return max(least - other, 0), min(highest - other, unexcused)
