"""A quick look at whether the stored tree is the one that was signed: heads, tiles, and growth.

It recomputes the roots of some heads from the stored tiles, and proves each to hold the one before;
it reads no record. The whole log is verified by ``exchange.accountability.verification``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from exchange.accountability.merkle import (
    Tiles,
    consistency_path,
    hashes_of,
    root_of,
    tiles_of,
    whole,
)
from exchange.crypto.verify_log import (
    Checkpoint,
    NotProven,
    VerifierKey,
    read_checkpoint,
    verify_consistency,
)
from exchange.errors import Fault
from exchange.storage import tree
from exchange.storage.database import Connection
from exchange.storage.tree import CheckpointRow


async def first_fault(
    conn: Connection, heads: Sequence[CheckpointRow], key: VerifierKey
) -> str | None:
    """Say what is wrong with the first of these heads, the smallest first, that is not right."""
    before: Checkpoint | None = None
    for row in heads:
        sizes = (before.size if before else 0, row.size)
        path = [*whole(row.size), *consistency_path(*sizes)]
        tiles = await tree.read_tiles(conn, tiles_of(path))
        try:
            before = _proven(row, before, tiles, key)
        except NotProven as error:
            return f"checkpoint van {row.size} regels: {error.reason}"
        except Fault:
            return f"checkpoint van {row.size} regels: de hashes eronder zijn niet compleet"
        await asyncio.sleep(0)  # others are served meanwhile
    return None


def _proven(
    row: CheckpointRow, before: Checkpoint | None, tiles: Tiles, key: VerifierKey
) -> Checkpoint:
    signed = read_checkpoint(row.note, key)
    if signed.head != (row.size, row.root):
        raise NotProven("er staat een andere omvang of wortel dan is ondertekend")
    if root_of(row.size, tiles) != row.root:
        raise NotProven("de hashes eronder geven een andere wortel")
    if before is not None:
        path = consistency_path(before.size, row.size)
        verify_consistency(before.head, signed.head, hashes_of(path, tiles))
    return signed
