"""Nobody takes our figures apart: three releases of a month, the files of all roles together."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache

import pytest

from tests.figures_attacker.beliefs import Belief, Presumed
from tests.figures_attacker.judge import Judge, Publicly
from tests.figures_attacker.process import Attacker, own_process
from tests.protected import Release, released
from tests.releases import levering, publicly, tables

SIZES = ((60, 1), (60, 2), (300, 3))
"""Vestigingen and seed of each nation."""


@cache
def made(size: int, seed: int) -> tuple[tuple[Release, ...], Publicly]:
    releases = tuple(released(tables(seed, size), budget_seconds=60))
    return releases, publicly([(one.problem.table, one.levering) for one in releases])


@pytest.fixture(scope="module")
def attacker() -> Iterator[Attacker]:
    with own_process() as started:
        yield started


@pytest.mark.parametrize(("size", "seed"), SIZES)
def test_no_release_was_made_in_a_hurry(size: int, seed: int) -> None:
    releases, _ = made(size, seed)
    assert [one.secured.protection.fallback for one in releases] == [()] * 3


@pytest.mark.parametrize(("size", "seed"), SIZES)
@pytest.mark.parametrize("belief", [Belief.NOTHING, Belief.SHOWN])
def test_an_outsider_brings_no_hidden_number_too_near(
    attacker: Attacker, size: int, seed: int, belief: Belief
) -> None:
    _, public = made(size, seed)
    verdict = Judge(public).outsider(attacker, Presumed(belief))
    assert verdict.secrets > size / 2
    assert verdict.recovered == ()


@pytest.mark.parametrize(("size", "seed"), SIZES)
def test_in_a_first_release_no_hidden_minutes_are_brought_near_whatever_hid_them(
    attacker: Attacker, size: int, seed: int
) -> None:
    first = made(size, seed)[0][0]
    assert first.secured.has_wishes
    public = publicly([(first.problem.table, first.levering)])
    verdict = Judge(public, all_minutes=True).outsider(attacker, Presumed(Belief.NOTHING))
    assert verdict.recovered == ()


@pytest.mark.parametrize(("size", "seed"), SIZES)
def test_nor_does_one_who_knows_which_numbers_changed(
    attacker: Attacker, size: int, seed: int
) -> None:
    _, public = made(size, seed)
    presumed = Presumed(Belief.SHOWN, public.changed)
    assert Judge(public).outsider(attacker, presumed).recovered == ()


@pytest.mark.parametrize(("size", "seed"), SIZES)
def test_nor_does_a_school_a_board_or_a_gemeente_that_knows_its_own(
    attacker: Attacker, size: int, seed: int
) -> None:
    releases, public = made(size, seed)
    judge = Judge(public)
    last = len(releases) - 1
    problem = releases[last].problem
    insiders = random.Random(seed).sample(problem.insiders, min(60, len(problem.insiders)))
    attacker.take(public.releases, public.planned)
    for insider in insiders:
        rows = [(last, problem.table.rows[index].key) for index in insider.rows]
        assert judge.insider(attacker, rows).recovered == (), insider.name


def test_one_number_shown_that_protected_another_is_noticed(attacker: Attacker) -> None:
    """What the tests above find depends on the pattern, not on the attacker's good manners."""
    releases, _ = made(60, 1)
    table, hidden = releases[0].problem.table, releases[0].secured.protection.hidden
    protecting = sorted(hidden - releases[0].problem.hidden)
    assert protecting
    noticed = [
        cell
        for cell in protecting
        if Judge(publicly([(table, levering(table, hidden - {cell}))]))
        .outsider(attacker, Presumed())
        .recovered
    ]
    assert noticed
