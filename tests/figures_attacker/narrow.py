"""Narrows every unknown as far as one relation at a time allows, again and again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from tests.figures_attacker.system import INFINITE, Impossible, Relation, System

_ENOUGH = 60
"""A relation is looked at so often at most: minutes can go on narrowing by one for ever."""


def narrow(system: System, start: Iterable[int] | None = None) -> None:
    """Narrow ``system`` in place, from some relations on or from all.

    Raises Impossible when nothing is left for some unknown.
    """
    of = _relations_of(system)
    waiting = deque(range(len(system.relations)) if start is None else start)
    queued, looked = set(waiting), [0] * len(system.relations)
    while waiting:
        number = waiting.popleft()
        queued.discard(number)
        looked[number] += 1
        for unknown in _narrow_by(system, system.relations[number]):
            for other in of[unknown]:
                if other not in queued and looked[other] < _ENOUGH:
                    queued.add(other)
                    waiting.append(other)


def _relations_of(system: System) -> list[list[int]]:
    of: list[list[int]] = [[] for _ in system.low]
    for number, relation in enumerate(system.relations):
        for unknown, _ in relation.terms:
            of[unknown].append(number)
    return of


def _narrow_by(system: System, relation: Relation) -> list[int]:
    """Narrow the unknowns of one relation; give those that changed."""
    low, high = system.low, system.high
    least = sum(c * (low[u] if c > 0 else high[u]) for u, c in relation.terms)
    most = sum(c * (high[u] if c > 0 else low[u]) for u, c in relation.terms)
    if least > relation.most or most < relation.least:
        raise Impossible
    if least >= relation.least and most <= relation.most:
        return []
    changed = []
    for unknown, coefficient in relation.terms:
        if low[unknown] == high[unknown]:
            continue
        width = abs(coefficient) * (high[unknown] - low[unknown])
        up = _whole(relation.most - least, coefficient, width)
        down = _whole(most - relation.least, coefficient, width)
        before = low[unknown], high[unknown]
        _tighten(system, unknown, up, down, coefficient > 0)
        if before != (low[unknown], high[unknown]):
            changed.append(unknown)
    return changed


def _whole(slack: float, coefficient: int, width: int) -> int | None:
    """How many steps the unknown may take from the end at which the relation is easiest."""
    if slack == INFINITE or slack >= width:
        return None
    return int(slack) // abs(coefficient)


def _tighten(system: System, unknown: int, up: int | None, down: int | None, rises: bool) -> None:
    low, high = system.low[unknown], system.high[unknown]
    from_low, from_high = (up, down) if rises else (down, up)
    if from_low is not None:
        system.high[unknown] = min(high, low + from_low)
    if from_high is not None:
        system.low[unknown] = max(low, high - from_high)
    if system.low[unknown] > system.high[unknown]:
        raise Impossible
