"""The map under a seeded nation: gemeenten of every size, SWVs as unions of them, and boards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from exchange.policy.parties import Sector

_GEMEENTEN, _SWVS, _VESTIGINGEN = 342, 75, 8000
_BOARD_SIZES = (1, 2, 4, 8, 14, 22, 40)
_BOARD_SHARES = (0.45, 0.16, 0.12, 0.11, 0.09, 0.05, 0.02)
_PRIMARY = {Sector.PO: True, Sector.SO: True, Sector.VO: False, Sector.VSO: False}


@dataclass(frozen=True)
class Region:
    """Gemeenten with their weight, and the one or two SWVs of each kind that cover each."""

    codes: tuple[str, ...]
    weights: tuple[float, ...]
    primary: tuple[tuple[str, ...], ...]
    secondary: tuple[tuple[str, ...], ...]

    def homes(self, dice: Generator, count: int) -> list[int]:
        """Give a gemeente for each institution, by weight."""
        return [int(home) for home in dice.choice(len(self.codes), size=count, p=self.weights)]

    def near(self, dice: Generator, home: int) -> str:
        """Give the gemeente of another location: mostly the same."""
        step = int(dice.choice((0, 0, 0, 0, 1)))
        return self.codes[min(home + step, len(self.codes) - 1)]

    def swv(self, dice: Generator, sector: Sector, gemeente: str) -> str:
        """Give an SWV that covers the gemeente for this sector."""
        covering = self.primary if _PRIMARY[sector] else self.secondary
        return str(dice.choice(covering[self.codes.index(gemeente)]))


def regions(dice: Generator, vestigingen: int) -> Region:
    """Draw a map that is as dense as the country."""
    count = max(3, round(_GEMEENTEN * vestigingen / _VESTIGINGEN))
    weights = dice.lognormal(0, 0.85, count)
    codes = tuple(f"{number:04d}" for number in np.sort(dice.choice(2000, count, replace=False)))
    return Region(
        codes,
        tuple(weights / weights.sum()),
        _covering(dice, "PO", count),
        _covering(dice, "VO", count),
    )


def boards(dice: Generator, institutions: int, start: int) -> list[str]:
    """Give the board of each institution in the order of the map: most have one school only."""
    found: list[str] = []
    while len(found) < institutions:
        most = int(dice.choice(_BOARD_SIZES, p=_BOARD_SHARES))
        size = int(dice.integers((most + 1) // 2, most + 1))
        found += [str(start + len(found))] * size
    return found[:institutions]


def _covering(dice: Generator, kind: str, count: int) -> tuple[tuple[str, ...], ...]:
    """Cut the row of gemeenten into SWVs; about one gemeente in thirty lies in two."""
    swvs = max(2, round(_SWVS * count / _GEMEENTEN))
    cuts = {int(cut) for cut in dice.choice(count - 1, swvs - 1, replace=False)}
    covering: list[tuple[str, ...]] = []
    number = 0
    for gemeente in range(count):
        here, number = number, number + (gemeente in cuts)
        split = number > here and dice.random() < 0.15
        covering.append(tuple(_swv(kind, n) for n in ((here, number) if split else (here,))))
    return tuple(covering)


def _swv(kind: str, number: int) -> str:
    return f"{kind}{2001 + number}"
