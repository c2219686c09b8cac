"""Says how far the minutes of one vestiging can move, once its pupils are given."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from exchange.figures.audit.groups import Room
from exchange.figures.audit.view import EXCUSED, UNEXCUSED


def reach(found: Room, now: Sequence[int], column: int, amount: int) -> int:
    """Cut a change of minutes to what the bounds leave; nothing if they do not hold already."""
    least, most = _limits(found, now, column)
    if not least <= now[column] <= most:
        return 0
    return max(amount, least - now[column]) if amount < 0 else min(amount, most - now[column])


def mended(found: Room, now: Sequence[int], may: Collection[int]) -> list[int] | None:
    """Move the minutes that ``may`` move into the bounds, by little; None if that cannot be."""
    minutes = [now[EXCUSED], now[UNEXCUSED]]
    for column in may:
        minutes[column] = _clamped(minutes[column], *_own_limits(found, column))
    for column in may:
        if not found.fits(*minutes):
            minutes[column] = _clamped(minutes[column], *_limits(found, minutes, column))
    return minutes if found.fits(*minutes) else None


def _limits(found: Room, now: Sequence[int], column: int) -> tuple[int, int]:
    """What these minutes may be beside the other minutes as they are."""
    other = now[EXCUSED + UNEXCUSED - column]
    least, most = _own_limits(found, column)
    return max(least, found.least_together - other), min(most, found.most_together - other)


def _own_limits(found: Room, column: int) -> tuple[int, int]:
    if column == EXCUSED:
        return found.least_excused, found.most_excused
    return found.least_unexcused, found.most_unexcused


def _clamped(value: int, least: int, most: int) -> int:
    return min(max(value, least), most)
