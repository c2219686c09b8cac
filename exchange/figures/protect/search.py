"""Finds the cheapest pattern for a part: choose, attack, learn from the attack, choose again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from exchange.figures.protect.attack import Attacker
from exchange.figures.protect.cuts import bridges, first_cuts
from exchange.figures.protect.master import Master, Remaining
from exchange.figures.protect.part import Cut, Part

Report = Callable[[str], None]
"""Told in Dutch what is being done, for whoever waits; it decides nothing."""

_TOLD_EVERY = 5


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern that holds, and below what cost there is none; ``rushed``: time ran out.

    ``hopeless`` are hidden cells that nothing in this part can protect.
    """

    hidden: frozenset[int]
    bound: float
    rushed: bool
    hopeless: frozenset[int]


def search(part: Part, remaining: Remaining, report: Report) -> Found:
    """Solve a part; when time runs out, its last pattern is completed by hiding more."""
    attacker, master = Attacker(part), Master(part)
    master.add(first_cuts(part))
    rushed, rounds = not master.solve(remaining), 0
    while not rushed and (cuts := attacker.cuts(master.hidden)):
        rounds += 1
        if rounds % _TOLD_EVERY == 0:
            report(f"{part.name}: ronde {rounds}, {len(master.hidden)} cellen verborgen")
        if not master.add([*cuts, *bridges(part, master.hidden)]):
            break  # what is left are loose cuts that no group can satisfy by itself
        rushed = not master.solve(remaining)
    hidden = _completed(part, attacker, master.hidden)
    return Found(hidden, master.bound, rushed, hidden & attacker.hopeless)


def _completed(part: Part, attacker: Attacker, pattern: frozenset[int]) -> frozenset[int]:
    """Hide more until the attack finds nothing."""
    hidden = set(pattern)
    while cuts := attacker.cuts(hidden):
        for cut in cuts:
            _satisfy(cut, part, hidden)
    return frozenset(hidden)


def _satisfy(cut: Cut, part: Part, hidden: set[int]) -> None:
    """Hide what costs least for how much it can move, until the cut holds."""
    left = cut.amount - sum(most for cell, most in cut.terms if cell in hidden)
    rest = [(cell, most) for cell, most in cut.terms if cell not in hidden]
    for cell, most in sorted(rest, key=lambda term: (part.weights[term[0]] / term[1], term[0])):
        if left <= 0:
            return
        hidden.add(cell)
        left -= most
