"""One step of sealing: waiting records get places, the tree grows, its new head is signed.

All in one transaction, so that a step is done or never was, whatever dies in between. The order of
places is the order of sealing; within a step it is that of the entries.
"""

from __future__ import annotations

from dataclasses import dataclass

from exchange.accountability.checkpoint import checkpoint_vkey, sign_checkpoint
from exchange.accountability.merkle import Tiles, grown, root_of, tiles_of, whole
from exchange.crypto.verify_log import NotProven, read_checkpoint, read_vkey
from exchange.errors import Fault
from exchange.ports import Clock, KeyProvider
from exchange.storage import tree
from exchange.storage.database import Connection, Database
from exchange.storage.tree import CheckpointRow

BATCH = 5_000
"""Most records of one step: it takes well under a second, and holds its hashes in memory."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What signs: the name of the log, its key, and the clock that dates its heads."""

    origin: str
    keys: KeyProvider
    clock: Clock


async def seal_once(database: Database, seal: Seal, most: int = BATCH) -> int:
    """Seal up to ``most`` waiting records; give how many that were.

    Nothing waits: nothing is written, but for the head of the empty tree of a new log. Another
    sealer is at work: nothing is done. Raises ``Fault`` when the stored tree is not the one that
    was signed last: a log never signs two histories.
    """
    async with database.transaction() as conn:
        if not await tree.be_the_only_sealer(conn):
            return 0
        last = await tree.newest_checkpoint(conn)
        waiting = await tree.waiting_longest(conn, most)
        if last is not None and not waiting:
            return 0
        size = last.size if last else 0
        edge = await tree.read_tiles(conn, tiles_of(whole(size)))
        if last is not None:
            require_as_signed(last, root_of(size, edge), seal)
        changed = grown(edge, size, [row.leaf_hash for row in waiting])
        await tree.give_places(conn, size, [row.entry for row in waiting])
        await tree.put_tiles(conn, changed)
        await _sign(conn, size + len(waiting), {**edge, **changed}, seal)
        return len(waiting)


def require_as_signed(row: CheckpointRow, root: bytes, seal: Seal) -> None:
    """Raise ``Fault`` unless we signed a head with this size and root."""
    try:
        signed = read_checkpoint(row.note, read_vkey(checkpoint_vkey(seal.origin, seal.keys)))
    except NotProven:
        raise Fault("checkpoint-not-ours") from None
    if signed.head != (row.size, root) or row.root != root:
        raise Fault("tree-not-as-signed")


async def _sign(conn: Connection, size: int, tiles: Tiles, seal: Seal) -> None:
    root = root_of(size, tiles)
    note = sign_checkpoint(seal.origin, size, root, seal.keys)
    await tree.put_checkpoint(conn, CheckpointRow(size, root, note, seal.clock.now()))
