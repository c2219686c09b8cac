"""Writes down, as relations, all that a published month says of the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.figures_attacker.published import (
    GEOORLOOFD,
    LEVELS,
    MESSAGES,
    MINUTES,
    NUMBER,
    ONGEOORLOOFD,
    TIERS,
    Key,
    Line,
)
from tests.figures_attacker.system import System

Where = tuple[int, Key, str]
"""A cell: which release (from 0 on), which row, which column."""

_DAYS = 31


def describe(
    system: System, release: int, lines: Mapping[Key, Line], planned: Mapping[str, int]
) -> dict[Where, int]:
    """Add a release to ``system`` and give the number of every cell in it.

    ``planned`` are the minutes of one pupil at each vestiging.
    """
    numbers: dict[Where, int] = {}
    for line in lines.values():
        for column in line.columns:
            known = line.shown.get(column)
            low, high = (0, most(line, column, planned)) if known is None else (known, known)
            numbers[release, line.key, column] = system.unknown(low, high)
        if line.level == LEVELS[0]:
            own = {column: numbers[release, line.key, column] for column in line.columns}
            _within_a_school(system, line, own, planned[line.code])
    _sums(system, release, lines, numbers)
    return numbers


def most(line: Line, column: str, planned: Mapping[str, int]) -> int:
    """Give the largest value of a cell that anybody could believe in."""
    if column in MESSAGES:
        return line.leerlingen * _DAYS
    if column in MINUTES:
        return line.leerlingen * planned.get(line.code, 0) or line.leerlingen * max(
            planned.values()
        )
    return line.leerlingen


def _within_a_school(system: System, line: Line, own: Mapping[str, int], planned: int) -> None:
    """Minutes, pupils and tiers bound each other; so do the unauthorised pupils of each tier."""
    tiers, number = [own[tier] for tier in TIERS], own[NUMBER]
    parts = [system.unknown(0, line.leerlingen) for _ in TIERS]
    first, second = planned * 5 // 100, planned * 10 // 100
    least, limit = (0, first + 1, second + 1), (first, second, planned)
    absent = ((own[GEOORLOOFD], 1), (own[ONGEOORLOOFD], 1))

    system.relate([(tier, 1) for tier in tiers], line.leerlingen, line.leerlingen)
    absent_in_first = (parts[0], -1)
    system.relate([*absent, absent_in_first, *_times(tiers, least, -1)], least=0)
    system.relate([*absent, *_times(tiers, limit, -1)], most=0)
    system.relate([*((part, 1) for part in parts), (number, -1)], 0, 0)
    for part, tier in zip(parts, tiers, strict=True):
        system.relate([(tier, 1), (part, -1)], least=0)
    system.relate([(own[ONGEOORLOOFD], 1), (number, -1)], least=0)
    system.relate([(own[ONGEOORLOOFD], 1), *_times(parts, limit, -1)], most=0)
    authorised_only = (*_times(tiers, least, -1), *_times(parts, least, 1))
    system.relate([(own[GEOORLOOFD], 1), *authorised_only], least=0)


def _times(unknowns: list[int], minutes: tuple[int, int, int], sign: int) -> list[tuple[int, int]]:
    return [(u, sign * m) for u, m in zip(unknowns, minutes, strict=True) if m]


def _sums(
    system: System, release: int, lines: Mapping[Key, Line], numbers: Mapping[Where, int]
) -> None:
    """Every row is the sum of the rows below it, column by column."""
    below: dict[Key, list[Line]] = {}
    for line in lines.values():
        if line.above is not None:
            below.setdefault(line.above, []).append(line)
    for key, parts in below.items():
        for column in parts[0].columns:
            terms = [(numbers[release, part.key, column], 1) for part in parts]
            system.relate([*terms, (numbers[release, key, column], -1)], 0, 0)
