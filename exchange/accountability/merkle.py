"""The tree of RFC 9162 in tiles: how it grows, and which hashes prove what of it.

A tile holds up to 256 hashes (C2SP tlog-tiles): those of level 0 are the leaves', each of level L
is the root over 256^L leaves. Only the last tile of a level still grows, and a tile keeps its first
hashes for ever, so the tiles of today also prove every smaller tree. Nothing here reads: a path
says which tiles its hashes lie in (``tiles_of``), so that storage can give them at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from hashlib import sha256
from typing import NamedTuple

from exchange.crypto.verify_log import node_hash
from exchange.errors import Fault

WIDTH = 256
"""Hashes in a full tile."""

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
_HEIGHT = 8  # of a tile: 256 = 2^8


TileId = tuple[int, int]
"""The level of a tile, and its number from the left."""


class Span(NamedTuple):
    """The leaves from ``begin`` up to ``end``: in a path it stands for the root over them."""

    begin: int
    end: int


Tiles = Mapping[TileId, bytes]
"""The hashes of each tile, 32 bytes each, in order."""

Path = Sequence[Span]
"""What a proof consists of, in its order."""


def whole(size: int) -> Path:
    """Give the path that consists of the root of the tree of ``size`` alone."""
    return [Span(0, size)] if size else []


def inclusion_path(index: int, size: int) -> Path:
    """Give what proves that a leaf has place ``index`` in the tree of ``size`` (section 2.1.3).

    Raises ``ValueError`` for a place outside the tree.
    """
    if not 0 <= index < size:
        raise ValueError("there is no such leaf in this tree")
    begin, end = 0, size
    path: list[Span] = []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(Span(middle, end))
            end = middle
        else:
            path.append(Span(begin, middle))
            begin = middle
    return path[::-1]


def consistency_path(old: int, new: int) -> Path:
    """Give what proves that the tree of ``new`` holds that of ``old`` (section 2.1.4).

    Nothing is needed for an empty tree, nor for the same one. Raises ``ValueError`` for a smaller
    one.
    """
    if not 0 <= old <= new:
        raise ValueError("a tree never shrinks")
    if old in {0, new}:
        return []
    begin, end = 0, new
    path: list[Span] = []
    while end != old:
        middle = begin + _split(end - begin)
        if old <= middle:
            path.append(Span(middle, end))
            end = middle
        else:
            path.append(Span(begin, middle))
            begin = middle
    known = [] if begin == 0 else [Span(begin, end)]  # the old root itself needs no telling
    return known + path[::-1]


def tiles_of(path: Iterable[Span]) -> set[TileId]:
    """Say which tiles ``hashes_of`` needs for a path."""
    return {_tile_of(height, place) for span in path for height, place in _subtrees(span)}


def hashes_of(path: Iterable[Span], tiles: Tiles) -> list[bytes]:
    """Give the hashes of a path; raises ``Fault`` when a tile lacks one."""
    return [_root_over(span, tiles) for span in path]


def root_of(size: int, tiles: Tiles) -> bytes:
    """Give the root of the tree of ``size``, out of ``tiles_of(whole(size))``."""
    return hashes_of(whole(size), tiles)[0] if size else EMPTY_ROOT


def grown(edge: Tiles, size: int, leaves: Sequence[bytes]) -> dict[TileId, bytes]:
    """Append leaf hashes to the tree of ``size``; give every new or longer tile.

    ``edge`` holds at least ``tiles_of(whole(size))``: the tiles that are not full yet.
    """
    changed: dict[TileId, bytes] = {}
    level, count, added = 0, size, list(leaves)
    while added:
        first = count // WIDTH
        begun = edge.get((level, first), b"")[: count % WIDTH * HASH_BYTES]
        if len(begun) != count % WIDTH * HASH_BYTES:
            raise Fault("log-tile-too-short")
        row = begun + b"".join(added)
        cut = [row[at : at + WIDTH * HASH_BYTES] for at in range(0, len(row), WIDTH * HASH_BYTES)]
        changed |= {(level, first + n): hashes for n, hashes in enumerate(cut)}
        added = [_folded(hashes) for hashes in cut if len(hashes) == WIDTH * HASH_BYTES]
        level, count = level + 1, count // WIDTH
    return changed


def width_at(tile: TileId, size: int) -> int:
    """Say how many hashes a tile has in the tree of ``size``; 0 when there is no such tile."""
    level, number = tile
    return min(max((size >> _HEIGHT * level) - number * WIDTH, 0), WIDTH)


def _split(width: int) -> int:
    """Give the largest power of two below ``width``."""
    return 1 << (width - 1).bit_length() - 1


def _subtrees(span: Span) -> Iterator[tuple[int, int]]:
    """Give height and place of the complete subtrees under a span, from the left.

    A span of a path begins at a multiple of its own width's power of two, so they only get smaller.
    """
    begin, end = span
    while begin < end:
        height = (end - begin).bit_length() - 1
        yield height, begin >> height
        begin += 1 << height


def _tile_of(height: int, place: int) -> TileId:
    level, above = divmod(height, _HEIGHT)
    return level, (place << above) // WIDTH


def _root_over(span: Span, tiles: Tiles) -> bytes:
    roots = [_complete(height, place, tiles) for height, place in _subtrees(span)]
    return reduce(lambda right, left: node_hash(left, right), reversed(roots))


def _complete(height: int, place: int, tiles: Tiles) -> bytes:
    """Give the root of one complete subtree, which lies within one tile."""
    above = height % _HEIGHT
    begin = (place << above) % WIDTH
    tile = tiles.get(_tile_of(height, place), b"")
    row = tile[begin * HASH_BYTES : (begin + (1 << above)) * HASH_BYTES]
    if len(row) != HASH_BYTES << above:
        raise Fault("log-tile-too-short")
    return _folded(row)


def _folded(row: bytes) -> bytes:
    """Give the root over a row of hashes whose number is a power of two."""
    level = [row[at : at + HASH_BYTES] for at in range(0, len(row), HASH_BYTES)]
    while len(level) > 1:
        level = [node_hash(*pair) for pair in zip(level[::2], level[1::2], strict=True)]
    return level[0]
