"""Keeps the tree as static files too, for whoever serves it without a database (C2SP tlog-tiles).

A head is written only after all its tiles: what is published is always whole. Which head stands
there says how far the files are, so that a start after any accident catches up what is missing.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from exchange.accountability.merkle import HASH_BYTES, WIDTH, TileId, Tiles
from exchange.accountability.tile_names import tile_name, tiles_between
from exchange.errors import Code, Fault, Unavailable
from exchange.storage import tree
from exchange.storage.database import Database

REST_SECONDS = 1.0
_AT_ONCE = 500
_HEAD = "checkpoint"

Wanted = list[tuple[TileId, int]]


@dataclass(frozen=True, slots=True)
class Publisher:
    """Copies what the sealer stored into a folder."""

    database: Database
    folder: Path

    async def work(self) -> int:
        """Bring the folder up to the newest head; give how many tiles were written.

        Raises ``Fault`` when a larger log, or another one, stands there: a published head is never
        taken back, not even by a database that was.
        """
        async with self.database.transaction() as conn:
            head = await tree.newest_checkpoint(conn)
        published = await asyncio.to_thread(self._published)
        if head is None or published == head.note:
            return 0
        size = int(published.split("\n")[1]) if published else 0
        if published and size >= head.size:
            raise Fault("published-log-is-ahead")
        tiles, written = tiles_between(size, head.size), 0
        while wanted := list(islice(tiles, _AT_ONCE)):
            async with self.database.transaction() as conn:
                found = await tree.read_tiles(conn, [tile for tile, _ in wanted])
            await asyncio.to_thread(_write_tiles, self.folder, wanted, found)
            written += len(wanted)
        await asyncio.to_thread(_write, self.folder / _HEAD, head.note.encode())
        return written

    def _published(self) -> str:
        try:
            return (self.folder / _HEAD).read_text("utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            raise _no_folder() from error


def _write_tiles(folder: Path, wanted: Wanted, tiles: Tiles) -> None:
    """Write tiles; a full one takes the place of the partial ones that were there before it."""
    for tile, width in wanted:
        hashes = tiles.get(tile, b"")[: width * HASH_BYTES]
        if len(hashes) != width * HASH_BYTES:
            raise Fault("log-tile-too-short")
        path = folder / tile_name(tile, width)
        _write(path, hashes)
        if width == WIDTH:
            shutil.rmtree(path.with_name(f"{path.name}.p"), ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, on disk before it has its name."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _settle(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise _no_folder() from error


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _no_folder() -> Unavailable:
    return Unavailable(Code.DIENST_ONBESCHIKBAAR, part="log-files")
