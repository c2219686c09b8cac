"""The column chart: every count is there, in its place, and said in words."""

from __future__ import annotations

from exchange.console.views.columns import BASE, TOP, Day, draw_columns

KINDS = ("gelukt", "geweigerd", "storing")


def days(*counts: tuple[int, int, int]) -> list[Day]:
    return [
        Day(f"{n} november 2026", f"{n} nov", dict(zip(KINDS, count, strict=True)))
        for n, count in enumerate(counts, 1)
    ]


def test_stacks_what_a_day_came_to_without_gap_or_overlap() -> None:
    chart = draw_columns("Per dag", KINDS, days((50, 30, 20)))
    low, middle, high = chart.blocks
    assert low.y + low.height == BASE
    assert middle.y + middle.height == low.y
    assert high.y + high.height == middle.y
    assert high.y == TOP
    assert chart.scale == "100"


def test_draws_nothing_for_nothing() -> None:
    chart = draw_columns("Per dag", KINDS, days((0, 0, 0), (0, 0, 0)))
    assert chart.blocks == ()
    assert chart.description == "Er is in deze dagen niets vastgelegd."


def test_draws_nothing_for_no_days_at_all() -> None:
    assert draw_columns("Per dag", KINDS, []).ticks == ()


def test_shows_a_count_that_is_too_small_to_see() -> None:
    chart = draw_columns("Per dag", KINDS, days((100_000, 1, 0)))
    assert [block.fill for block in chart.blocks] == ["gelukt", "geweigerd"]
    assert chart.blocks[1].height >= 2


def test_names_the_busiest_day_to_who_does_not_see() -> None:
    chart = draw_columns("Per dag", KINDS, days((1, 0, 0), (8, 1, 0), (2, 0, 0)))
    assert "Samen 12 in 3 dagen" in chart.description
    assert "Het meest op 2 november 2026: 9" in chart.description


def test_says_at_each_block_what_its_day_came_to() -> None:
    chart = draw_columns("Per dag", KINDS, days((1_200, 3, 0)))
    assert chart.blocks[0].said == "1 november 2026: 1.200 gelukt, 3 geweigerd, 0 storing"


def test_names_the_first_and_the_last_day_under_the_axis() -> None:
    few = draw_columns("Per dag", KINDS, days(*[(1, 0, 0)] * 3))
    assert [tick.text for tick in few.ticks] == ["1 nov", "3 nov"]
    many = draw_columns("Per dag", KINDS, days(*[(1, 0, 0)] * 30))
    assert [tick.text for tick in many.ticks] == ["1 nov", "15 nov", "30 nov"]
