"""The auditor against a list of all tables: it finds what can be derived, no more and no less."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.figures.audit import attack, audit, check
from exchange.figures.audit.groups import bounds_of, possible
from exchange.figures.measures import TIERS
from exchange.figures.secrets import Problem
from exchange.figures.table import Cell
from exchange.policy.law import Parameters
from tests.tiny import NUMBERS, School, closed, exposures, groups, named, problem_of

STRICTER = replace(NUMBERS, trede1_procent=80, trede2_procent=60)
"""With so few minutes as a test has, nobody absent is in tier 1, and tier 2 may be empty."""


Case = tuple[Parameters, Problem, frozenset[Cell]]


def quiet(_: str) -> None:
    """Nobody waits for a test."""


@st.composite
def schools(draw: st.DrawFn) -> list[School]:
    """Give a few schools of one or two pupils, in one or two gemeenten of one or two SWVs."""
    count = draw(st.integers(2, 3))
    found = []
    for number in range(count):
        planned = draw(st.sampled_from([2, 3, 5] if count == 2 else [2, 3]))
        excused = st.integers(0, planned)
        pupils = draw(st.lists(st.tuples(excused, st.integers(0, planned)), min_size=1, max_size=2))
        found.append(
            School(
                code=draw(st.sampled_from([f"0{number}AA", "09AA"])) + f"0{number}",
                gemeente=draw(st.sampled_from(["0361", "0599"])),
                swv=draw(st.sampled_from(["VO2001", "VO2002"])) if number == 2 else "VO2001",
                bestuur=draw(st.sampled_from(["10001", "10002"])),
                planned=planned,
                pupils=tuple((a, min(b, planned - a)) for a, b in pupils),
                meldingen=draw(st.integers(0, 1)),
            )
        )
    return found


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Give numbers, a table, some cells that were shown before, and a pattern with a few more."""
    numbers = draw(st.sampled_from([NUMBERS, STRICTER]))
    problem = problem_of(draw(schools()), numbers)
    if draw(st.booleans()):
        problem = problem.with_wishes()
    cells = list(problem.table.cells())
    known = draw(st.sets(st.sampled_from(cells), max_size=3))
    chosen = draw(st.sets(st.sampled_from(cells), max_size=12))
    if draw(st.booleans()):
        chosen = {cell for cell in cells if cell not in chosen}
    chosen |= {(row, m) for row, measure in chosen if measure in TIERS for m in TIERS}
    return numbers, replace(problem, known=frozenset(known)), closed(problem, chosen)


@pytest.mark.parametrize("numbers", [NUMBERS, STRICTER])
@pytest.mark.parametrize("planned", range(6))
@pytest.mark.parametrize("pupils", range(1, 4))
def test_the_arithmetic_between_the_measures_is_that_of_groups_of_pupils(
    planned: int, pupils: int, numbers: Parameters
) -> None:
    bounds = bounds_of(planned, numbers)
    minutes = range(pupils * planned + 2)
    counts = range(pupils + 2)
    tiers = [t for t in itertools.product(range(pupils + 1), repeat=3) if sum(t) == pupils]
    listed = groups(pupils, planned, numbers)
    for figures in itertools.product(minutes, minutes, counts):
        for in_tiers in tiers:
            candidate = (*figures, *in_tiers)
            assert possible(bounds, candidate) == (candidate in listed), candidate


@settings(max_examples=100, deadline=None, derandomize=True)
@given(case=cases())
def test_what_a_list_of_all_tables_exposes_is_found_and_nothing_else(case: Case) -> None:
    numbers, problem, hidden = case
    expected = exposures(problem, hidden, numbers)
    assert named(attack(problem, hidden, numbers, quiet)) == expected
    if not expected:
        check(problem, hidden, numbers, audit(problem, hidden, numbers, quiet).document)


def test_nobody_is_believed_in_a_tier_that_no_minute_reaches() -> None:
    """Of two minutes none may be missed in tier 1 and none can be in tier 2."""
    drawn = [("00AA00", ((0, 0), (0, 1))), ("01AA01", ((1, 0), (2, 0)))]
    schools = [School(code, "0361", "VO2001", code, 2, pupils) for code, pupils in drawn]
    problem = problem_of(schools, STRICTER).with_wishes()
    hidden = frozenset(problem.table.cells())
    expected = exposures(problem, hidden, STRICTER)
    assert named(attack(problem, hidden, STRICTER, quiet)) == expected
