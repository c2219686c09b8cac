"""Verifies the whole stored log: every record, place, tile and signed head, in order.

It trusts the KeyProvider and a head from outside, and nothing in the database. The tree is made
again with ``verify_log``, which shares nothing with the code that grew the stored one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from exchange.accountability.merkle import width_at
from exchange.accountability.scrutiny import Scrutiny
from exchange.crypto.verify_log import EMPTY_ROOT, NotProven, Proven, Replay, Trust, node_hash
from exchange.ports import KeyProvider
from exchange.storage import log_audit, tree
from exchange.storage.database import Connection, Database
from exchange.storage.log_audit import AuditRow, Extent
from exchange.storage.tree import CheckpointRow

Report = Callable[[int, int], None]
"""Told how many records of how many were looked at."""

_WIDTH = 256
_ERASED = "van de gewiste teksten bewijst de gateway dat zij na hun termijn gingen"
_STRETCH = 16 * _WIDTH  # places in one transaction: whole tiles, a few megabytes


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification works with; ``kept_from`` says how far back texts must be at a moment."""

    database: Database
    keys: KeyProvider
    trust: Trust
    kept_from: Callable[[datetime], datetime]
    report: Report


async def verify_stored_log(verification: Verification) -> Proven:
    """Verify everything; raises ``NotProven`` with the first bad record and what is wrong."""
    walk = _Walk(verification)
    async with verification.database.transaction() as conn:
        reach = await log_audit.extent(conn)
        await walk.take_heads(await log_audit.checkpoints_between(conn, -1, 0))
    while walk.size < reach.places:
        async with verification.database.transaction() as conn:
            await walk.stretch(conn, reach.places)
        verification.report(walk.size, reach.places)
    async with verification.database.transaction() as conn:
        await walk.require_last_tiles(conn)
    _require_all_signed(reach)
    proven = walk.finish()
    await walk.require_places(verification.database)
    return proven


class _Walk:
    """One pass over the places, in constant memory."""

    def __init__(self, verification: Verification) -> None:
        self._replay = Replay(verification.trust)
        self._scrutiny = Scrutiny(verification.keys, verification.kept_from)
        self._tiles = _Tiles()

    @property
    def size(self) -> int:
        """Places seen."""
        return self._replay.tree.size

    async def stretch(self, conn: Connection, places: int) -> None:
        """Check the next places with the heads and the tiles over them."""
        first, count = self.size, min(_STRETCH, places - self.size)
        rows = await log_audit.places_from(conn, first, count)
        heads = await log_audit.checkpoints_between(conn, first, first + count)
        due = iter([*heads, None])
        head, full = next(due), []
        for index, row in zip(range(first, first + count), _padded(rows, count), strict=True):
            full += self._take(row, index)
            if head is not None and head.size == self.size:
                self._take_head(head)
                head = next(due)
        await self._compare(conn, full)

    async def take_heads(self, heads: Sequence[CheckpointRow]) -> None:
        """Check heads over what was seen."""
        for head in heads:
            self._take_head(head)

    async def require_last_tiles(self, conn: Connection) -> None:
        """Check the tiles that still grow, and that there are none beside the tree.

        The log may have grown meanwhile, so how far it reaches is asked after the tiles.
        """
        growing = list(self._tiles.unfinished())
        stored = await tree.read_tiles(conn, [(tile.level, tile.number) for tile in growing])
        ends = [await log_audit.tile_beyond(conn, *end) for end in self._tiles.ends()]
        places = (await log_audit.extent(conn)).places
        for tile in growing:
            found = stored.get((tile.level, tile.number), b"")
            room = width_at((tile.level, tile.number), places) * len(EMPTY_ROOT)
            if not found.startswith(tile.hashes) or len(found) > room:
                raise _other_tile(tile)
        for end in ends:
            if end is not None and not width_at(end, places):
                raise NotProven(f"tegel {end[0]}/{end[1]} hoort bij geen enkele regel")

    def finish(self) -> Proven:
        """End the pass; that erased texts went in time was seen, by proofs of the gateway."""
        proven = self._replay.finish()
        return replace(proven, remarks=(*proven.remarks, _ERASED)) if self._replay.bare else proven

    async def require_places(self, database: Database) -> None:
        """Check what has no place: it waits for one, and is not older than what has."""
        after = UUID(int=0)
        while True:
            async with database.transaction() as conn:
                found = await log_audit.records_without_place(conn, after, _STRETCH)
            for row in found.records:
                self._scrutiny.require_waiting(row)
            if found.last is None:
                return
            after = found.last

    def _take(self, row: AuditRow | None, index: int) -> list[_Tile]:
        if row is None or row.index != index:
            raise NotProven("verwijderd: op deze plaats staat niets", index=index)
        leaf = self._scrutiny.hash_of(row)
        self._replay.record(leaf, text=row.leaf is not None)
        return list(self._tiles.append(leaf))

    def _take_head(self, head: CheckpointRow) -> None:
        signed = self._replay.checkpoint(head.note)
        if signed.head != (head.size, head.root):
            raise NotProven("naast een checkpoint staat een andere omvang of wortel dan erin")

    async def _compare(self, conn: Connection, tiles: Sequence[_Tile]) -> None:
        stored = await tree.read_tiles(conn, [(tile.level, tile.number) for tile in tiles])
        for tile in tiles:
            if stored.get((tile.level, tile.number)) != tile.hashes:
                raise _other_tile(tile)


@dataclass(frozen=True, slots=True)
class _Tile:
    level: int
    number: int
    hashes: bytes


class _Tiles:
    """The tiles as they should be (C2SP tlog-tiles); holds one unfinished tile of each level."""

    def __init__(self) -> None:
        self._rows: list[list[bytes]] = [[]]
        self._numbers: list[int] = [0]

    def append(self, leaf: bytes) -> Iterator[_Tile]:
        """Add a leaf hash; give the tiles that it completes."""
        level, added = 0, leaf
        self._rows[0].append(added)
        while len(self._rows[level]) == _WIDTH:
            row, number = self._rows[level], self._numbers[level]
            yield _Tile(level, number, b"".join(row))
            self._rows[level], self._numbers[level] = [], number + 1
            level, added = level + 1, _root_of(row)
            if level == len(self._rows):
                self._rows.append([])
                self._numbers.append(0)
            self._rows[level].append(added)

    def unfinished(self) -> Iterator[_Tile]:
        """Give the tiles that still grow."""
        for level, (row, number) in enumerate(zip(self._rows, self._numbers, strict=True)):
            if row:
                yield _Tile(level, number, b"".join(row))

    def ends(self) -> Iterator[tuple[int, int]]:
        """Give for each level, and the first one that is not there, the number past its last."""
        for level, (row, number) in enumerate(zip(self._rows, self._numbers, strict=True)):
            yield level, number + bool(row)
        yield len(self._rows), 0


def _other_tile(tile: _Tile) -> NotProven:
    return NotProven(
        f"tegel {tile.level}/{tile.number} bevat andere hashes dan de regels eronder",
        index=tile.number * _WIDTH ** (tile.level + 1),
    )


def _require_all_signed(reach: Extent) -> None:
    if reach.covered is not None and reach.covered > reach.places:
        raise NotProven(
            f"afgekapt: er zijn {reach.places} regels, en er is een checkpoint van {reach.covered}",
            index=reach.places,
        )


def _root_of(row: Sequence[bytes]) -> bytes:
    hashes = list(row)
    while len(hashes) > 1:
        hashes = [node_hash(*pair) for pair in pairwise(hashes)][::2]
    return hashes[0]


def _padded(rows: Sequence[AuditRow], count: int) -> list[AuditRow | None]:
    return [*rows, *[None] * (count - len(rows))]
