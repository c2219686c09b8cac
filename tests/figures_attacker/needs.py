"""How wide the interval of a hidden number must stay, if it must stay wide at all."""

from __future__ import annotations

from collections.abc import Sequence

from tests.figures_attacker.goals import Interval
from tests.figures_attacker.published import MESSAGES, MINUTES

_SMALL = 5


def needed(column: str, value: int, limit: int) -> Interval | None:
    """Of a count of 1 to 4: one less, and 5 or more; of minutes: a tenth less, and a tenth more."""
    if column in MINUTES:
        margin = _tenth(value)
        return (value - margin, min(value + margin, limit)) if value else None
    if not 0 < value < _SMALL:
        return None
    return value - 1, _SMALL if column in MESSAGES else min(_SMALL, limit)


def needed_of_change(
    column: str, value: int, befores: Sequence[int], limit: int
) -> Interval | None:
    """The same, of the difference with what was shown before: that is what is not known yet."""
    if column in MINUTES:
        margin = min(_tenth(value), max(_tenth(abs(value - before)) for before in befores))
        return value - margin, min(value + margin, limit)
    needs = [need] if (need := needed(column, value, limit)) else []
    for before in befores:
        if 0 < value - before < _SMALL:
            needs.append((value - 1, min(before + _SMALL, limit)))
        elif 0 < before - value < _SMALL:
            needs.append((max(before - _SMALL, 0), min(value + 1, limit)))
    return (min(low for low, _ in needs), max(high for _, high in needs)) if needs else None


def _tenth(minutes: int) -> int:
    return -(-minutes // 10)
