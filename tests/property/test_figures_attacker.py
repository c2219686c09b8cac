"""Our attacker on published figures is right, and it bites: else its silence would say nothing."""

from __future__ import annotations

import ast
import random
import sys
from collections.abc import Iterator
from functools import cache
from itertools import combinations_with_replacement, product
from pathlib import Path

import pytest

from exchange.figures.table import Table
from tests.figures_attacker.beliefs import Belief, Presumed
from tests.figures_attacker.judge import Judge, Publicly
from tests.figures_attacker.process import Attacker, own_process
from tests.figures_attacker.published import NUMBER, OF_A_SCHOOL, TIERS, Key, Line
from tests.releases import levering, publicly, small_counts, tables

PLANNED = 20
PUPILS = 2
Figures = tuple[int, ...]
"""The six columns of a vestiging, in their order."""


@pytest.fixture(scope="module")
def attacker() -> Iterator[Attacker]:
    with own_process() as started:
        yield started


@cache
def worlds() -> frozenset[Figures]:
    """All figures that two pupils could give."""
    pupils = [(g, o) for g in range(PLANNED + 1) for o in range(PLANNED + 1 - g)]
    return frozenset(counted(pair) for pair in combinations_with_replacement(pupils, PUPILS))


def counted(pupils: tuple[tuple[int, int], ...]) -> Figures:
    absent = [g + o for g, o in pupils]
    return (
        sum(g for g, _ in pupils),
        sum(o for _, o in pupils),
        sum(o > 0 for _, o in pupils),
        sum(a * 20 <= PLANNED for a in absent),
        sum(PLANNED < a * 20 <= 2 * PLANNED for a in absent),
        sum(a * 10 > PLANNED for a in absent),
    )


def two_schools(truth: tuple[Figures, Figures], shown: list[set[str]]) -> dict[Key, Line]:
    """A gemeente of two vestigingen, its SWV and the country; above it everything is hidden."""
    total = tuple(a + b for a, b in zip(*truth, strict=True))
    rows = [
        ("vestiging", "10AA00", "po", truth[0], shown[0]),
        ("vestiging", "10AB00", "po", truth[1], shown[1]),
        ("gemeente-swv", "0001-PO2001", "po-so", total, shown[2]),
        ("swv", "PO2001", "po-so", total, set[str]()),
        ("landelijk", "NL", "po-so", total, set[str]()),
    ]
    lines = [
        Line(
            level,
            code,
            sector,
            "0001",
            "PO2001",
            PUPILS if level == "vestiging" else 2 * PUPILS,
            {c: v for c, v in zip(OF_A_SCHOOL, figures, strict=True) if c in columns},
        )
        for level, code, sector, figures, columns in rows
    ]
    return {line.key: line for line in lines}


def consistent(lines: dict[Key, Line]) -> Iterator[dict[tuple[Key, str], int]]:
    """Enumerate every pair of schools that would have published the same."""
    first, second, gemeente, *_ = lines.values()
    possible = [
        [f for f in worlds() if all(f[OF_A_SCHOOL.index(c)] == v for c, v in line.shown.items())]
        for line in (first, second)
    ]
    for pair in product(*possible):
        total = tuple(a + b for a, b in zip(*pair, strict=True))
        if all(total[OF_A_SCHOOL.index(c)] == v for c, v in gemeente.shown.items()):
            yield {
                (line.key, column): figures[position]
                for line, figures in zip((first, second, gemeente), (*pair, total), strict=True)
                for position, column in enumerate(OF_A_SCHOOL)
            }


@pytest.mark.parametrize("seed", range(12))
def test_it_leaves_exactly_what_groups_of_pupils_could_be_that_would_publish_the_same(
    attacker: Attacker, seed: int
) -> None:
    dice = random.Random(seed)
    truth = dice.choice(sorted(worlds())), dice.choice(sorted(worlds()))
    shown = [{c for c in OF_A_SCHOOL if dice.random() < 0.6} for _ in range(3)]
    lines = two_schools(truth, shown)
    attacker.take([lines], {"10AA00": PLANNED, "10AB00": PLANNED})
    found = attacker.intervals()
    seen = list(consistent(lines))
    assert seen
    for (_, key, column), interval in found.items():
        values = {world[key, column] for world in seen if (key, column) in world}
        assert not values or interval == (min(values), max(values))


def test_it_finds_all_that_subtraction_and_the_arithmetic_of_pupils_give_away(
    attacker: Attacker,
) -> None:
    truth = counted(((0, 0), (3, 0))), counted(((0, 0), (0, 2)))
    columns = set(OF_A_SCHOOL)
    lines = two_schools(truth, [columns - set(TIERS), columns - {TIERS[0]}, columns])
    attacker.take([lines], {"10AA00": PLANNED, "10AB00": PLANNED})
    found = attacker.intervals()
    left = {(key[1], column): interval for (_, key, column), interval in found.items()}
    assert [left["10AA00", tier] for tier in TIERS] == [(1, 1), (0, 0), (1, 1)]
    assert left["10AB00", TIERS[0]] == (1, 1)
    assert {column for code, column in left if code == "10AB00"} == {TIERS[0]}


def releases_of_one_gemeente(*numbers: dict[str, int], total: list[int]) -> list[dict[Key, Line]]:
    """Each release: the vestigingen with what is shown of their number (0: it is hidden)."""
    made = []
    for found, whole in zip(numbers, total, strict=True):
        schools = [
            Line("vestiging", code, "po", "0001", "PO2001", 100, {NUMBER: n} if n else {})
            for code, n in found.items()
        ]
        sums = [("gemeente-swv", "0001-PO2001"), ("swv", "PO2001"), ("landelijk", "NL")]
        above = [
            Line(level, code, "po-so", "0001", "PO2001", 100 * len(found), {NUMBER: whole})
            for level, code in sums
        ]
        made.append({line.key: line for line in (*schools, *above)})
    return made


def number_left(
    attacker: Attacker, releases: list[dict[Key, Line]], presumed: Presumed, code: str
) -> tuple[int, int]:
    planned = {line.code: 6000 for lines in releases for line in lines.values()}
    attacker.take(releases, planned, presumed)
    found = attacker.intervals()
    return found[len(releases) - 1, ("vestiging", code, ""), NUMBER]


def test_who_believes_that_nothing_hidden_changed_sees_a_newcomer_in_the_difference(
    attacker: Attacker,
) -> None:
    before, after = {"10AA00": 0, "10AB00": 0}, {"10AA00": 0, "10AB00": 0, "10AC00": 0}
    releases = releases_of_one_gemeente(before, after, total=[20, 23])
    assert number_left(attacker, releases, Presumed(), "10AC00") == (0, 23)
    assert number_left(attacker, releases, Presumed(Belief.SHOWN), "10AC00") == (0, 23)
    assert number_left(attacker, releases, Presumed(Belief.ALL), "10AC00") == (3, 3)


def test_who_believes_that_what_was_shown_did_not_change_takes_it_from_the_earlier_file(
    attacker: Attacker,
) -> None:
    releases = releases_of_one_gemeente(
        {"10AA00": 7, "10AB00": 9}, {"10AA00": 0, "10AB00": 0}, total=[16, 16]
    )
    assert number_left(attacker, releases, Presumed(), "10AA00") == (0, 16)
    assert number_left(attacker, releases, Presumed(Belief.SHOWN), "10AA00") == (7, 7)


def test_a_belief_that_the_files_contradict_is_given_up(attacker: Attacker) -> None:
    releases = releases_of_one_gemeente(
        {"10AA00": 7, "10AB00": 9}, {"10AA00": 0, "10AB00": 0}, total=[16, 11]
    )
    assert number_left(attacker, releases, Presumed(Belief.SHOWN), "10AA00") == (0, 11)


def test_who_knows_which_cells_changed_believes_only_the_others(attacker: Attacker) -> None:
    releases = releases_of_one_gemeente(
        {"10AA00": 7, "10AB00": 9}, {"10AA00": 0, "10AB00": 0}, total=[16, 11]
    )
    changed = {(1, ("vestiging", "10AB00", ""), NUMBER)}
    assert number_left(attacker, releases, Presumed(Belief.SHOWN, changed), "10AA00") == (7, 7)
    assert number_left(attacker, releases, Presumed(Belief.SHOWN, changed), "10AB00") == (4, 4)


def test_a_school_that_knows_its_own_number_derives_the_one_it_was_hidden_with(
    attacker: Attacker,
) -> None:
    releases = releases_of_one_gemeente({"10AA00": 0, "10AB00": 0}, total=[9])
    first, second = ((0, ("vestiging", code, ""), NUMBER) for code in ("10AA00", "10AB00"))
    attacker.take(releases, {"10AA00": 6000, "10AB00": 6000})
    assert attacker.intervals()[second] == (0, 9)
    assert attacker.insider({first: 6}, None)[second] == (3, 3)


def plainly(count: int, releases: int) -> Publicly:
    found: list[Table] = tables(seed=1, vestigingen=count, releases=releases)
    return publicly([(table, levering(table, small_counts(table))) for table in found])


def test_it_takes_apart_what_only_hides_numbers_below_five(attacker: Attacker) -> None:
    verdict = Judge(plainly(400, releases=1)).outsider(attacker, Presumed())
    print(f"{verdict.share:.0%} of {verdict.secrets} hidden counts recovered")  # noqa: T201
    assert verdict.secrets > 200
    assert verdict.share > 0.3
    assert len(verdict.exact) > 0.15 * verdict.secrets
    assert {where[2] for where in verdict.recovered} >= {NUMBER, *TIERS[1:]}


def test_three_releases_of_plain_suppression_tell_more_to_who_believes(attacker: Attacker) -> None:
    judge = Judge(plainly(150, releases=3))
    changed = judge.public.changed
    found = {b: judge.outsider(attacker, Presumed(b, changed)) for b in Belief}
    assert set(found[Belief.NOTHING].recovered) <= set(found[Belief.SHOWN].recovered)
    assert set(found[Belief.SHOWN].recovered) < set(found[Belief.ALL].recovered)


def test_it_shares_no_code_with_what_it_attacks() -> None:
    imported = {
        name.partition(".")[0]
        for path in (Path(__file__).parents[1] / "figures_attacker").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _imports(node)
    }
    assert imported - set(sys.stdlib_module_names) == {"ortools", "tests"}


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert str(node.module).partition(".")[0] != "tests" or "figures_attacker" in str(
            node.module
        )
        return [str(node.module)]
    return []
