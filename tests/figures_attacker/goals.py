"""How near an attacker must come to a hidden number before that is of interest."""

from __future__ import annotations

from collections.abc import Mapping

from tests.figures_attacker.relations import Where

Interval = tuple[int, int]
Goals = Mapping[Where, Interval | None]
"""Cells of interest: what an interval must reach to be of none; None: two values are enough."""


def settled(goals: Goals | None, where: Where, least: int, most: int) -> bool:
    """Whether to seek no further, given what was seen so far; without goals, always seek."""
    if goals is None:
        return False
    if where not in goals:
        return True
    goal = goals[where]
    return most > least if goal is None else least <= goal[0] and most >= goal[1]
