"""How C2SP tlog-tiles names a tile, three digits at a time, and which tiles growth needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from exchange.accountability.merkle import WIDTH, TileId, width_at

_LEVEL = re.compile(r"0|[1-9]|[1-5][0-9]|6[0-3]")
_NUMBER = re.compile(r"(?P<number>(?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?")


def tile_name(tile: TileId, width: int = WIDTH) -> str:
    """Give ``tile/<level>/<number>``, with ``.p/<width>`` for the first hashes of a tile."""
    level, number = tile
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03}")
    part = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{part}"


def read_tile_name(level: str, rest: str) -> tuple[TileId, int]:
    """Read a name back; ``ValueError`` for every text that ``tile_name`` would not give."""
    found = _NUMBER.fullmatch(rest)
    if not _LEVEL.fullmatch(level) or found is None:
        raise ValueError("not the name of a tile")
    tile = int(level), int(found["number"].replace("x", "").replace("/", ""))
    width = int(found["width"] or WIDTH)
    if width > WIDTH or tile_name(tile, width) != f"tile/{level}/{rest}":
        raise ValueError("not the name of a tile")
    return tile, width


def tiles_between(old: int, new: int) -> Iterator[tuple[TileId, int]]:
    """Give each tile, with its width, that the tree of ``new`` has and that of ``old`` has not."""
    level = 0
    while count := new >> 8 * level:
        for number in range((old >> 8 * level) // WIDTH, -(-count // WIDTH)):
            tile = level, number
            if width_at(tile, new) != width_at(tile, old):
                yield tile, width_at(tile, new)
        level += 1
