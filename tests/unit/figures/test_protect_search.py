"""What the solver hides beside a secret, on one sum of a few cells."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from exchange.figures.protect.attack import Attacker
from exchange.figures.protect.part import Part
from exchange.figures.protect.search import Found, search
from exchange.figures.secrets import NOTHING, Need

SECRET, LIGHT, HEAVY, FOURTH, TOTAL = range(5)
OUTSIDE, SUM = range(2)
MOST = 100


def part(
    values: tuple[int, int, int, int] = (3, 10, 20, 30),
    needs: Mapping[int, Need] | None = None,
    upper: Mapping[int, int] | None = None,
    known: frozenset[int] = frozenset(),
    insiders: tuple[frozenset[int], ...] = (),
) -> Part:
    """Four cells and their total, which would cost most to hide; the first is secret."""
    asked = needs or {SECRET: Need(1, 2, insider=False)}
    return Part(
        name="deel",
        values=(*values, sum(values)),
        lower=(0,) * 5,
        upper=tuple((upper or {}).get(cell, MOST) for cell in range(5)),
        tail=(OUTSIDE,) * 4 + (SUM,),
        head=(SUM,) * 4 + (OUTSIDE,),
        weights=(1.0, 2.0, 3.0, 4.0, 50.0),
        needs=tuple(asked.get(cell, NOTHING) for cell in range(5)),
        must_hide=frozenset({SECRET}),
        known=known,
        insiders=insiders,
        relations=(((0, 1), (1, 1), (2, 1), (3, 1), (4, -1)),),
    )


def solved(of: Part, seconds: float = 60.0) -> Found:
    return search(of, lambda: seconds, lambda _: None)


def test_hides_the_cheapest_cell_beside_a_secret() -> None:
    found = solved(part())
    assert found.hidden == {SECRET, LIGHT}
    assert found.bound == pytest.approx(3.0)
    assert not found.rushed


def test_a_cell_that_cannot_grow_does_not_let_a_secret_be_less() -> None:
    needs = {SECRET: Need(1, 0, insider=False)}
    assert solved(part(needs=needs)).hidden == {SECRET, LIGHT}
    assert solved(part(needs=needs, upper={LIGHT: 10})).hidden == {SECRET, HEAVY}


def test_a_cell_that_cannot_shrink_does_not_let_a_secret_be_more() -> None:
    needs = {SECRET: Need(0, 2, insider=False)}
    assert solved(part((3, 1, 20, 30), needs)).hidden == {SECRET, HEAVY}


def test_cells_that_give_little_each_do_it_together() -> None:
    needs = {SECRET: Need(0, 3, insider=False)}
    assert solved(part((3, 1, 2, 1), needs)).hidden == {SECRET, LIGHT, HEAVY}


def test_a_cell_hidden_for_another_has_its_own_need_met() -> None:
    needs = {SECRET: Need(1, 2, insider=False), LIGHT: Need(5, 5, insider=False)}
    assert solved(part((3, 10, 4, 30), needs)).hidden == {SECRET, HEAVY}


def test_who_knows_one_cell_is_left_in_doubt_about_the_secret() -> None:
    needs = {SECRET: Need(1, 2, insider=True)}
    knowing = (frozenset({LIGHT}),)
    assert solved(part(needs=needs, insiders=knowing)).hidden == {SECRET, HEAVY}
    each = tuple(frozenset({cell}) for cell in (SECRET, LIGHT, HEAVY, FOURTH))
    assert solved(part(needs=needs, insiders=each)).hidden == {SECRET, LIGHT, HEAVY}


def test_what_was_shown_before_protects_only_what_was_shown_too() -> None:
    assert solved(part(known=frozenset({LIGHT}))).hidden == {SECRET, HEAVY}
    assert solved(part(known=frozenset({SECRET, LIGHT}))).hidden == {SECRET, LIGHT}


def test_says_what_nothing_can_protect() -> None:
    found = solved(part(upper={SECRET: 4}))
    assert found.hopeless == {SECRET}
    assert not solved(part()).hopeless


def test_without_time_it_hides_what_is_enough_and_says_so() -> None:
    found = solved(part((3, 1, 2, 1), {SECRET: Need(0, 3, insider=False)}), seconds=0.0)
    assert found.rushed
    assert found.hidden >= {SECRET, LIGHT, HEAVY}
    assert found.bound == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("need", "upper", "values"),
    [
        (Need(1, 0, insider=False), {LIGHT: 10}, (3, 10, 20, 30)),
        (Need(0, 2, insider=False), {}, (3, 1, 20, 30)),
    ],
)
def test_the_attack_looks_below_and_above(
    need: Need, upper: dict[int, int], values: tuple[int, int, int, int]
) -> None:
    attacker = Attacker(part(values, {SECRET: need}, upper))
    assert attacker.cuts({SECRET, LIGHT})
    assert not attacker.cuts({SECRET, HEAVY})
