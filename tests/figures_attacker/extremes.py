"""Seeks the smallest and the largest value of unknowns, with the linear programs of GLOP."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import ceil, floor

from ortools.linear_solver.python import model_builder

from tests.figures_attacker.system import INFINITE, Impossible, System

Enough = Callable[[int, int, int], bool]
"""Whether an unknown need be sought no further, given the least and the most seen so far."""

_TOLERANCE = 1e-6
_OPENINGS = 6


class Extremes:
    """One component. What one linear program finds counts for all unknowns at once."""

    def __init__(self, system: System, wanted: Iterable[int], enough: Enough) -> None:
        self._system, self._enough = system, enough
        self._wanted = list(wanted)
        self._least: dict[int, float] = dict.fromkeys(self._wanted, INFINITE)
        self._most: dict[int, float] = dict.fromkeys(self._wanted, -INFINITE)
        self._model = model_builder.Model()  # type: ignore[no-untyped-call]  # theirs
        self._solver = model_builder.Solver("glop")
        bounds = zip(system.low, system.high, strict=True)
        self._unknowns = [self._model.new_num_var(low, high, "") for low, high in bounds]
        for relation in system.relations:
            self._model.add_linear_constraint(
                self._sum({u: float(c) for u, c in relation.terms}), relation.least, relation.most
            )

    def intervals(self) -> dict[int, tuple[int, int]]:
        """Give the interval of each wanted unknown, or a part of it that is wide enough."""
        self._push_all_at_once()
        for unknown in self._wanted:
            for largest in (True, False):
                if not self._settled(unknown):
                    self._solve({unknown: 1.0}, largest)
        return {unknown: self._seen(unknown) for unknown in self._wanted}

    def require_possible(self) -> None:
        """Raise Impossible if no numbers satisfy the system."""
        self._solve({}, largest=True)

    def _push_all_at_once(self) -> None:
        """Most unknowns turn out to be far from known after a few linear programs."""
        for turn in range(_OPENINGS):
            left = [unknown for unknown in self._wanted if not self._settled(unknown)]
            if len(left) < _OPENINGS:
                return
            signs = {u: -1 if turn > 1 and (u * 7 + turn) % 3 == 0 else 1 for u in left}
            widths = {u: self._system.high[u] - self._system.low[u] for u in left}
            self._solve({u: signs[u] / (1 + widths[u]) for u in left}, largest=turn % 2 == 0)

    def _settled(self, unknown: int) -> bool:
        if self._least[unknown] > self._most[unknown]:
            return False
        return self._enough(unknown, *self._seen(unknown))

    def _seen(self, unknown: int) -> tuple[int, int]:
        least, most = self._least[unknown], self._most[unknown]
        slack = _TOLERANCE * max(1.0, abs(most))
        return ceil(least - slack), floor(most + slack)

    def _solve(self, goal: Mapping[int, float], largest: bool) -> None:
        expression = self._sum(goal)
        (self._model.maximize if largest else self._model.minimize)(expression)
        status = self._solver.solve(self._model)
        if status == model_builder.SolveStatus.INFEASIBLE:
            raise Impossible
        if status != model_builder.SolveStatus.OPTIMAL:
            raise RuntimeError(f"the linear program ended in {status}")
        for unknown in self._wanted:
            value = self._solver.value(self._unknowns[unknown])
            self._least[unknown] = min(self._least[unknown], value)
            self._most[unknown] = max(self._most[unknown], value)

    def _sum(self, terms: Mapping[int, float]) -> model_builder.LinearExpr:
        return model_builder.LinearExpr.weighted_sum(
            [self._unknowns[unknown] for unknown in terms], list(terms.values())
        )
