"""What is hidden is enough, costs no more than it must, and does not depend on luck."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from exchange.figures.measures import MESSAGES, MINUTES, TIERS, Measure
from exchange.figures.protect import Protection, protect, repair
from exchange.figures.secrets import Insider, Problem, follows
from exchange.figures.table import NUMBER, Cell
from tests.suppression import columns_of, random_problem

PARTS: tuple[tuple[Measure, ...], ...] = (
    TIERS,
    (NUMBER,),
    *((minutes,) for minutes in MINUTES),
    *((messages,) for messages in MESSAGES),
)
PLENTY = 600.0


@dataclass(frozen=True)
class Suspect:
    """A finding of an auditor."""

    cell: Cell
    insider: Insider | None = None


def quiet(_: str) -> None:
    """Nobody waits for a test."""


def unprotected(problem: Problem, hidden: frozenset[Cell]) -> list[tuple[Cell, int, int]]:
    """Give every requirement that a pattern fails although hiding everything would satisfy it."""
    failures = []
    for measures in PARTS:
        columns = columns_of(problem, measures, hidden)
        mine = {cell for cell in hidden if cell[1] in measures}
        failures += [
            doubt[:3]
            for doubt in columns.doubts()
            if doubt[0] in hidden and not columns.leaves(doubt, mine)
        ]
    return failures


def cost_of(problem: Problem, hidden: frozenset[Cell], measures: tuple[Measure, ...]) -> float:
    columns = columns_of(problem, measures, hidden)
    return sum(columns.weight(cell) for cell in hidden if cell[1] in measures)


def assert_lawful(problem: Problem, found: Protection) -> None:
    assert found.hidden >= problem.hidden
    for row, measure in problem.table.cells():
        gone = [other for other in Measure if (row, other) in found.hidden]
        assert (row, measure) in found.hidden or not follows(measure, gone)
    assert found.cost >= found.bound - 1e-6


@pytest.mark.parametrize("measures", PARTS, ids=" ".join)
@pytest.mark.parametrize("seed", range(4))
def test_costs_what_one_program_for_everything_costs(
    seed: int, measures: tuple[Measure, ...]
) -> None:
    problem = random_problem(seed, vestigingen=6 if measures == TIERS else 8)
    found = protect(problem, PLENTY, quiet)
    best = columns_of(problem, measures, found.hidden).cheapest()
    assert cost_of(problem, found.hidden, measures) == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize("seed", range(12))
def test_leaves_every_attacker_in_doubt(seed: int) -> None:
    problem = random_problem(seed, vestigingen=4 + seed % 9)
    found = protect(problem, PLENTY, quiet)
    assert_lawful(problem, found)
    assert found.fallback == ()
    assert unprotected(problem, found.hidden) == []


@pytest.mark.parametrize("seed", range(10))
def test_what_was_shown_before_protects_nothing_that_was_not(seed: int) -> None:
    problem = random_problem(seed, vestigingen=9, known=0.2)
    found = protect(problem, PLENTY, quiet)
    assert_lawful(problem, found)
    assert unprotected(problem, found.hidden) == []


@pytest.mark.parametrize("seed", range(10))
def test_hides_more_and_never_less_when_there_is_no_time(seed: int) -> None:
    problem = random_problem(seed, vestigingen=12, known=0.1 * (seed % 2))
    hurried = protect(problem, 0.0, quiet)
    calm = protect(problem, PLENTY, quiet)
    assert_lawful(problem, hurried)
    assert unprotected(problem, hurried.hidden) == []
    assert calm.cost <= hurried.cost + 1e-6
    assert hurried.bound <= calm.bound + 1e-6
    assert hurried.fallback


@pytest.mark.parametrize("seed", range(4))
def test_the_same_table_gives_the_same_pattern(seed: int) -> None:
    problem = random_problem(seed, vestigingen=12)
    assert protect(problem, PLENTY, quiet) == protect(problem, PLENTY, quiet)


@pytest.mark.parametrize("seed", range(10))
def test_what_is_repaired_leaves_every_attacker_in_doubt(seed: int) -> None:
    problem = random_problem(seed, vestigingen=7, known=0.1 * (seed % 2))
    found = protect(problem, PLENTY, quiet)
    wider = repair(problem, found, [Suspect(max(found.hidden)), Suspect(min(found.hidden))], quiet)
    assert unprotected(problem, wider.hidden) == []


@pytest.mark.parametrize("seed", range(3))
def test_repairs_until_nothing_is_left_to_hide(seed: int) -> None:
    problem = random_problem(seed, vestigingen=6)
    found = protect(problem, PLENTY, quiet)
    cell = min(found.hidden)
    everything = {
        (row, m) for row, m in problem.table.cells() if (m in MESSAGES) is (cell[1] in MESSAGES)
    }
    while not everything <= found.hidden:
        wider = repair(problem, found, [Suspect(cell)], quiet)
        assert wider.hidden > found.hidden
        assert_lawful(problem, wider)
        assert wider.bound == found.bound
        found = wider
    assert repair(problem, found, [Suspect(cell)], quiet).hidden == found.hidden


def test_plain_suppression_would_not_do() -> None:
    """The checks above can fail: on most tables, hiding only the secrets leaves them open."""
    problems = [random_problem(seed, vestigingen=9) for seed in range(3)]
    assert all(unprotected(problem, problem.hidden) for problem in problems)


def test_without_secrets_nothing_is_hidden() -> None:
    problem = replace(random_problem(1, vestigingen=6), hidden=frozenset())
    assert protect(problem, PLENTY, quiet).hidden == frozenset()
