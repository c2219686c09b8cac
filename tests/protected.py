"""Successive releases of one month as the product makes them: posed, protected and audited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from exchange.figures.levering import Levering
from exchange.figures.secrets import Problem, pose
from exchange.figures.secure import Report, Secured, secure
from exchange.figures.table import Table
from tests.pure import LAW
from tests.releases import PERIODE, levering

NUMBERS = LAW.on(PERIODE.last_day)


@dataclass(frozen=True, slots=True)
class Release:
    """One release with all that the product knew when it made it."""

    problem: Problem
    secured: Secured
    levering: Levering


def released(
    tables: Iterable[Table], budget_seconds: float, report: Report = lambda _: None
) -> Iterator[Release]:
    """Make the releases one after the other; each looks back at all before it."""
    earlier: list[Levering] = []
    for table in tables:
        problem = pose(table, tuple(earlier), NUMBERS)
        secured = secure(problem, NUMBERS, budget_seconds, report, salt=b"")
        earlier.append(levering(table, secured.protection.hidden, nummer=len(earlier) + 1))
        yield Release(problem, secured, earlier[-1])
