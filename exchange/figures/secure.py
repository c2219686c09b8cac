"""Finds a pattern that nobody can take apart: solve, attack, repair, attack again, or give up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from exchange.errors import Fault
from exchange.figures.audit import Certificate, Unprotected, audit
from exchange.figures.protect import Protection, protect, repair
from exchange.figures.secrets import Problem
from exchange.policy.law import Parameters

_WISHFUL_ROUNDS = 5
_ROUNDS = 8

Report = Callable[[str], None]
"""Told in Dutch what is being done, for whoever waits; it decides nothing."""


@dataclass(frozen=True, slots=True)
class Secured:
    """A pattern with the proof that it holds; ``repairs`` says how often it was widened.

    ``has_wishes``: all hidden minutes are proven wide, also those that are no secret themselves.
    """

    protection: Protection
    certificate: Certificate
    repairs: int
    has_wishes: bool


def secure(
    problem: Problem, numbers: Parameters, budget_seconds: float, report: Report, salt: bytes
) -> Secured:
    """Protect the table until the auditor, who knows nothing of how that was done, is satisfied.

    The measures are protected one after another and attacked together. Raises ``Unprotected``
    when the auditor still finds something after the last repair: then nothing is released.
    ``salt`` keeps the certificate's digest from confirming a guess of the whole table.
    """
    wanted = problem.with_wishes()
    goals = [wanted] * (_WISHFUL_ROUNDS if problem.wishes else 0) + [problem] * _ROUNDS
    started, repairs = monotonic(), 0
    protection = protect(wanted, budget_seconds, report, numbers)
    for goal, following in zip(goals, [*goals[1:], None], strict=True):
        if goal is wanted and following is wanted and _is_late(started, budget_seconds):
            continue
        try:
            certificate = audit(goal, protection.hidden, numbers, report, salt)
        except Unprotected as exposed:
            if following is None:
                raise
            report(f"controle vond {len(exposed.findings)} plekken: {exposed.findings[0]}, ...")
            if following is goal:
                protection = repair(goal, protection, exposed.findings, report, numbers)
                repairs += 1
        else:
            return Secured(protection, certificate, repairs, goal.needs == wanted.needs)
    raise Fault("nothing was asked of a release")


def _is_late(started: float, budget_seconds: float) -> bool:
    """Half of the budget is for what must hold: then wishes get one more look and no repair."""
    return monotonic() - started > budget_seconds / 2
