"""The tree in tiles is the tree of RFC 9162, however it grew: held against three other ways."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import (  # type: ignore[import-untyped]  # it ships no types
    InmemoryTree,
    verify_consistency,
    verify_inclusion,
)

from exchange.accountability.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    WIDTH,
    Path,
    Span,
    TileId,
    Tiles,
    consistency_path,
    grown,
    hashes_of,
    inclusion_path,
    root_of,
    tiles_of,
    whole,
    width_at,
)
from exchange.crypto import verify_log
from exchange.crypto.leaves import tree_root
from exchange.crypto.verify_log import leaf_hash
from exchange.errors import Fault
from tests.naive_log import growth_of

MOST = 300
ENTRIES = [b"record %d" % number for number in range(70_000)]  # three levels of tiles
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
SIZES = st.one_of(st.integers(0, MOST), st.integers(0, 3_000))


def built(*sizes: int) -> dict[TileId, bytes]:
    """Grow a tree in batches that end at these sizes, with no more than the open tiles at hand."""
    tiles: dict[TileId, bytes] = {}
    for old, new in pairwise((0, *sizes)):
        edge = {tile: tiles[tile] for tile in tiles_of(whole(old))}
        tiles |= grown(edge, old, LEAVES[old:new])
    return tiles


SMALL = built(MOST)
LARGE = built(len(LEAVES))


def told(path: Path, tiles: Tiles = LARGE) -> list[bytes]:
    """Give the hashes of a path out of exactly the tiles that it asks for."""
    return hashes_of(path, {tile: tiles[tile] for tile in tiles_of(path)})


def naive_tile(tile: TileId, size: int) -> bytes:
    """Compute a tile from all leaves under it, as C2SP tlog-tiles defines it."""
    level, number = tile
    under = WIDTH**level
    first = number * WIDTH
    return b"".join(
        tree_root(ENTRIES[place * under : (place + 1) * under])
        for place in range(first, min(first + WIDTH, size // under))
    )


ROOTS = [EMPTY_ROOT, *(tree_root(ENTRIES[:size]) for size in range(1, MOST))]


def test_every_small_tree_has_the_root_of_its_definition() -> None:
    assert [root_of(size, SMALL) for size in range(MOST)] == ROOTS
    assert [told(whole(size), SMALL) for size in range(1, MOST)] == [[root] for root in ROOTS[1:]]


def test_every_place_in_every_small_tree_is_proven_and_no_other() -> None:
    known: dict[Span, bytes] = {}
    for size in range(1, MOST):
        for index in range(size):
            path = inclusion_path(index, size)
            known |= {span: told([span], SMALL)[0] for span in path if span not in known}
            proof = [known[span] for span in path]
            verify_log.verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])
            for leaf, place in ((index + 1, index), (index, (index + 1) % size)):
                if (leaf, place) != (index, index):
                    with pytest.raises(verify_log.NotProven):
                        verify_log.verify_inclusion(LEAVES[leaf], place, size, proof, ROOTS[size])


def test_every_growth_of_every_small_tree_is_proven_and_no_other() -> None:
    known: dict[Span, bytes] = {}
    for new in range(MOST):
        for old in range(new + 1):
            path = consistency_path(old, new)
            known |= {span: told([span], SMALL)[0] for span in path if span not in known}
            proof = [known[span] for span in path]
            heads = (old, ROOTS[old]), (new, ROOTS[new])
            verify_log.verify_consistency(*heads, proof)
            if 0 < old < new:
                forged = (old, hashlib.sha256(ROOTS[old]).digest())
                with pytest.raises(verify_log.NotProven):
                    verify_log.verify_consistency(forged, heads[1], proof)
                with pytest.raises(verify_log.NotProven):
                    verify_log.verify_consistency(*heads, proof[:-1])


@given(st.lists(SIZES, min_size=1, max_size=6).map(sorted))
@settings(max_examples=40, deadline=None)
def test_a_tree_is_the_same_however_it_grew(sizes: list[int]) -> None:
    size = sizes[-1]
    tiles = built(*sizes)
    assert tiles == built(size)
    assert tiles == {tile: naive_tile(tile, size) for tile in tiles}
    widths = {tile: width_at(tile, size) * HASH_BYTES for tile in LARGE}
    assert {t: len(h) for t, h in tiles.items()} == {t: w for t, w in widths.items() if w}


@given(st.integers(1, 1_500), st.data())
@settings(max_examples=30, deadline=None)
def test_a_second_implementation_agrees(size: int, data: st.DataObject) -> None:
    other = pymerkle_tree(ENTRIES[:size])
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    roots = [root_of(n, LARGE) for n in (old, size)]
    assert roots == [other.get_root(old), other.get_root(size)]
    theirs = other.prove_inclusion(index + 1)
    assert told(inclusion_path(index, size)) == path_of(theirs)[1:]
    verify_inclusion(LEAVES[index], roots[1], theirs)
    growth = told(consistency_path(old, size))
    verify_consistency(*roots, other.prove_consistency(old, size))  # theirs has another layout
    assert growth == growth_of(old, ENTRIES[:size])
    verify_log.verify_consistency((old, roots[0]), (size, roots[1]), growth)


def pymerkle_tree(entries: Sequence[bytes]) -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    tree.append_entries(entries)
    return tree


def path_of(proof: object) -> list[bytes]:
    """Give the hashes of a proof of theirs, which begins with the node that is proven."""
    return [bytes.fromhex(part) for part in proof.serialize()["path"]]  # type: ignore[attr-defined]  # untyped


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_proof_in_the_largest_log_touches_few_tiles(index: int, size: int) -> None:
    for path in (inclusion_path(index % size, size), consistency_path(index % size, size)):
        assert len(path) <= 2 * size.bit_length()
        assert len(tiles_of(path)) <= 8


@pytest.mark.parametrize(
    ("span", "tile", "left"),
    [(Span(252, 256), (0, 0), 255), (Span(256, 258), (0, 1), 0), (Span(0, 512), (1, 0), 1)],
)
def test_a_hash_that_is_not_there_is_a_fault(span: Span, tile: TileId, left: int) -> None:
    assert tiles_of([span]) == {tile}
    with pytest.raises(Fault):
        hashes_of([span], {tile: LARGE[tile][: left * HASH_BYTES]})
    with pytest.raises(Fault):
        hashes_of([span], {})


def test_a_batch_on_an_edge_that_is_not_there_is_a_fault() -> None:
    with pytest.raises(Fault):
        grown({}, 3, LEAVES[3:5])
    with pytest.raises(Fault):
        grown({(0, 0): LEAVES[0]}, 3, LEAVES[3:5])


@pytest.mark.parametrize("place", [(-1, 5), (5, 5), (0, 0)])
def test_there_is_no_path_to_a_place_outside_the_tree(place: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_path(*place)


@pytest.mark.parametrize("sizes", [(6, 5), (-1, 5)])
def test_there_is_no_path_back(sizes: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="never shrinks"):
        consistency_path(*sizes)
