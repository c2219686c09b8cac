"""A tile has one name, as C2SP tlog-tiles writes it, and growth names each tile that it changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.accountability.merkle import WIDTH, width_at
from exchange.accountability.tile_names import read_tile_name, tile_name, tiles_between


@pytest.mark.parametrize(
    ("tile", "width", "name"),
    [
        ((0, 0), 256, "tile/0/000"),
        ((0, 1), 17, "tile/0/001.p/17"),
        ((0, 1234), 256, "tile/0/x001/234"),
        ((1, 1234067), 256, "tile/1/x001/x234/067"),
        ((63, 1000), 1, "tile/63/x001/000.p/1"),
    ],
)
def test_a_tile_is_named_as_the_specification_does(
    tile: tuple[int, int], width: int, name: str
) -> None:
    assert tile_name(tile, width) == name


@given(st.integers(0, 63), st.integers(0, 10**15), st.integers(1, WIDTH))
def test_a_name_reads_back(level: int, number: int, width: int) -> None:
    name = tile_name((level, number), width)
    _, read_level, rest = name.split("/", 2)
    assert read_tile_name(read_level, rest) == ((level, number), width)


@pytest.mark.parametrize(
    ("level", "rest"),
    [
        *(("0", rest) for rest in ("", "0", "00", "0000", "000/", "x000/001", "001/002", "x001")),
        *(("0", f"000.p{rest}") for rest in ("", "/", "/0", "/01", "/256", "/999", "/1/")),
        *((level, "000") for level in ("", "00", "64", "-1", "x", "\u0660")),
        ("0", "\u0660\u0660\u0660"),
    ],
)
def test_there_is_no_other_name(level: str, rest: str) -> None:
    with pytest.raises(ValueError, match="not the name"):
        read_tile_name(level, rest)


def test_a_tree_of_seventy_thousand_has_the_tiles_of_the_specification() -> None:
    tiles = list(tiles_between(0, 70_000))
    full = [tile for tile, width in tiles if width == WIDTH]
    assert full == [*((0, number) for number in range(273)), (1, 0)]
    assert [one for one in tiles if one[1] < WIDTH] == [((0, 273), 112), ((1, 1), 17), ((2, 0), 1)]
    assert list(tiles_between(0, 256)) == [((0, 0), 256), ((1, 0), 1)]
    assert list(tiles_between(0, 0)) == []


@given(st.lists(st.integers(0, 5_000), min_size=2, max_size=2).map(sorted))
def test_growth_names_every_tile_that_changed_and_no_other(sizes: list[int]) -> None:
    old, new = sizes
    everywhere = [(level, number) for level in range(3) for number in range(22)]
    changed = {t: width_at(t, new) for t in everywhere if width_at(t, new) > width_at(t, old)}
    assert dict(tiles_between(old, new)) == changed
