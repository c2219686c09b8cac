"""Sealing: every record gets one place, in one step that is done or never was (P8)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from adapters.keys.memory import MemoryKeyProvider
from adapters.system import SystemIds
from exchange.accountability.checkpoint import checkpoint_vkey
from exchange.accountability.merkle import grown
from exchange.accountability.sealing import Seal, seal_once
from exchange.crypto.verify_log import Checkpoint, Tree, read_checkpoint, read_vkey
from exchange.errors import Code, Fault, Unavailable
from exchange.storage import log, tree
from exchange.storage.database import Database
from exchange.storage.rows import LogRow
from exchange.storage.sealing_lag import SealingLag
from exchange.workers.sealer import Sealer
from tests.integration.servers import TestDatabase

ORIGIN = "verzuim-exchange/00000099000000001000"
NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
TREE = "log_pending, log_leaves, log_tiles, log_checkpoints, log_cosignatures"


class At:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW


class Locked(MemoryKeyProvider):
    """Keys that cannot sign, until they are given back."""

    gone = True

    def sign_checkpoint(self, message: bytes) -> bytes:
        if self.gone:
            raise Unavailable(Code.DIENST_ONBESCHIKBAAR, onderdeel="sleutel")
        return super().sign_checkpoint(message)


@pytest.fixture
def seal() -> Seal:
    return Seal(ORIGIN, MemoryKeyProvider(), At())


@pytest.fixture(autouse=True)
async def an_empty_log(fresh: TestDatabase) -> None:
    async with fresh.raw() as root:
        await root.execute(f"TRUNCATE log_records, {TREE} CASCADE")


@pytest.fixture(scope="module")
async def sealer(fresh: TestDatabase) -> AsyncIterator[Database]:
    async with fresh.login("exchange_sealer") as database:
        yield database


def leaf_hash(entry: UUID) -> bytes:
    return hashlib.sha256(b"\0" + entry.bytes).digest()


async def record(gateway: Database, count: int = 1) -> list[UUID]:
    """Let records be written as every act writes its own; give their entries in order."""
    ids, entries = SystemIds(), []
    async with gateway.transaction() as conn:
        for _ in range(count):
            entry = ids.uuid7()
            row = LogRow(
                entry=entry,
                recorded_at=NOW,
                activity="sleutelbeheer/1",
                actor=None,
                recipient=None,
                bericht_id=None,
                action="sleutel-geregistreerd",
                outcome="ok",
                leaf=entry.bytes,
                leaf_hash=leaf_hash(entry),
            )
            await log.append(conn, row)
            entries.append(entry)
    return entries


async def stored(fresh: TestDatabase) -> dict[str, list[tuple[object, ...]]]:
    """Give every row of the tree, in order."""
    async with fresh.raw() as root:
        return {
            table: [tuple(row) for row in await root.fetch(f"SELECT * FROM {table} ORDER BY 1, 2")]  # noqa: S608  our own names
            for table in TREE.split(", ")
        }


async def require_whole(fresh: TestDatabase, seal: Seal, size: int) -> Checkpoint:
    """Check places, tiles and heads against everything recomputed from the records."""
    async with fresh.raw() as root:
        rows = await root.fetch("SELECT index, entry FROM log_leaves ORDER BY index")
        tiles = await root.fetch("SELECT level, number, hashes FROM log_tiles")
        notes = await root.fetch("SELECT note, size, root FROM log_checkpoints ORDER BY size")
    assert [row["index"] for row in rows] == list(range(size))
    hashes = [leaf_hash(row["entry"]) for row in rows]
    assert {(t["level"], t["number"]): t["hashes"] for t in tiles} == grown({}, 0, hashes)
    key = read_vkey(checkpoint_vkey(seal.origin, seal.keys))
    heads = [read_checkpoint(row["note"], key) for row in notes]
    assert [head.head for head in heads] == [(row["size"], row["root"]) for row in notes]
    again, wanted = Tree(), {head.size: head.root for head in heads}
    found = {0: again.root()}
    for one in hashes:
        again.append(one)
        found[again.size] = again.root()
    assert wanted == {n: found[n] for n in wanted}
    assert heads[-1].size == size
    return heads[-1]


async def test_a_new_log_begins_with_the_head_of_the_empty_tree_and_then_rests(
    fresh: TestDatabase, sealer: Database, seal: Seal
) -> None:
    assert await seal_once(sealer, seal) == 0
    head = await require_whole(fresh, seal, 0)
    assert head.root == hashlib.sha256(b"").digest()
    before = await stored(fresh)
    assert await seal_once(sealer, seal) == 0
    assert await stored(fresh) == before


async def test_records_get_places_in_the_order_of_their_entries_batch_by_batch(
    fresh: TestDatabase, gateway: Database, sealer: Database, seal: Seal
) -> None:
    first = await record(gateway, 5)
    late = SystemIds().uuid7()  # committed by a slower gateway, after a younger one was sealed
    assert [await seal_once(sealer, seal, 3) for _ in range(3)] == [3, 2, 0]
    second = await record(gateway, 2)
    async with fresh.raw() as root:
        await root.execute(
            "INSERT INTO log_pending VALUES ($1, $2, $3)", late, leaf_hash(late), NOW
        )
    assert await seal_once(sealer, seal) == 3
    await require_whole(fresh, seal, 8)
    async with fresh.raw() as root:
        placed = await root.fetch("SELECT entry FROM log_leaves ORDER BY index")
        assert await root.fetchval("SELECT count(*) FROM log_pending") == 0
        sizes = await root.fetch("SELECT size FROM log_checkpoints ORDER BY size")
    assert [row["entry"] for row in placed] == [*first, late, *second]
    assert [row["size"] for row in sizes] == [3, 5, 8]


async def test_a_tree_of_several_tiles_is_what_it_would_be_in_one_go(
    fresh: TestDatabase, gateway: Database, sealer: Database, seal: Seal
) -> None:
    await record(gateway, 800)
    sealed = [await seal_once(sealer, seal, 255) for _ in range(5)]
    assert sealed == [255, 255, 255, 35, 0]
    await require_whole(fresh, seal, 800)


async def test_two_sealers_at_once_give_every_record_one_place(
    fresh: TestDatabase, gateway: Database, sealer: Database, seal: Seal
) -> None:
    await record(gateway, 300)

    async def work() -> int:
        sealed = 0
        for _ in range(40):
            sealed += await seal_once(sealer, seal, 11)
        return sealed

    sealed = await asyncio.gather(*(work() for _ in range(3)))
    while more := await seal_once(sealer, seal, 11):  # they step aside for each other
        sealed.append(more)
    assert sum(sealed) == 300
    await require_whole(fresh, seal, 300)


async def test_a_second_sealer_does_not_wait_for_the_first(
    fresh: TestDatabase, gateway: Database, sealer: Database, seal: Seal
) -> None:
    await record(gateway, 4)
    async with sealer.transaction() as conn:
        assert await tree.be_the_only_sealer(conn)
        assert await seal_once(sealer, seal) == 0
    assert await seal_once(sealer, seal) == 4


async def test_without_a_signature_nothing_is_sealed_and_afterwards_all_is(
    fresh: TestDatabase, gateway: Database, sealer: Database
) -> None:
    keys = Locked()
    seal = Seal(ORIGIN, keys, At())
    await record(gateway, 4)
    before = await stored(fresh)
    with pytest.raises(Unavailable):
        await seal_once(sealer, seal)
    assert await stored(fresh) == before
    keys.gone = False
    assert await seal_once(sealer, seal) == 4
    await require_whole(fresh, seal, 4)


STEPS = ("DELETE ON log_pending", "INSERT ON log_leaves", "INSERT ON log_tiles",
         "UPDATE ON log_tiles", "INSERT ON log_checkpoints")  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("moment", ["BEFORE", "AFTER"])
async def test_a_sealer_killed_at_any_step_left_nothing_behind(
    fresh: TestDatabase,
    gateway: Database,
    sealer: Database,
    seal: Seal,
    step: str,
    moment: str,
) -> None:
    await record(gateway, 4)
    assert await seal_once(sealer, seal) == 4
    await record(gateway, 300)
    before = await stored(fresh)
    async with fresh.raw() as root:
        await root.execute(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;"
            f" CREATE TRIGGER dying {moment} {step} FOR EACH STATEMENT EXECUTE FUNCTION die()"
        )
        with pytest.raises(Unavailable):
            await seal_once(sealer, seal)
        await root.execute("DROP FUNCTION die CASCADE")
    assert await stored(fresh) == before
    assert await seal_once(sealer, seal) == 300
    await require_whole(fresh, seal, 304)


async def test_a_sealer_killed_just_after_its_commit_goes_on_where_it_was(
    fresh: TestDatabase, gateway: Database, sealer: Database, seal: Seal
) -> None:
    await record(gateway, 10)
    async with fresh.login("exchange_sealer") as dying:
        assert await seal_once(dying, seal, 6) == 6
        async with fresh.raw() as root:
            await root.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE usename = 'exchange_sealer' AND datname = current_database()"
            )
    assert await Sealer(sealer, seal, most=4).work() == 4
    await require_whole(fresh, seal, 10)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE log_tiles SET hashes = decode(repeat('00', 32 * 5), 'hex')",
        "UPDATE log_tiles SET hashes = substr(hashes, 1, 32)",
        "DELETE FROM log_tiles",
        "UPDATE log_checkpoints SET root = decode(repeat('00', 32), 'hex')",
        "UPDATE log_checkpoints SET note = replace(note, '\n5\n', '\n4\n')",
        "UPDATE log_checkpoints SET size = 4",
    ],
)
async def test_what_is_not_as_it_was_signed_is_never_signed_again(
    fresh: TestDatabase, gateway: Database, sealer: Database, seal: Seal, tampering: str
) -> None:
    await record(gateway, 5)
    assert await seal_once(sealer, seal) == 5
    await record(gateway, 1)
    async with fresh.raw() as root:
        await root.execute(tampering)
    before = await stored(fresh)
    with pytest.raises(Fault):
        await seal_once(sealer, seal)
    assert await stored(fresh) == before


async def test_a_head_of_another_key_is_not_continued(
    fresh: TestDatabase, gateway: Database, sealer: Database, seal: Seal
) -> None:
    await record(gateway, 5)
    assert await seal_once(sealer, seal) == 5
    await record(gateway, 1)
    with pytest.raises(Fault):
        await seal_once(sealer, Seal(ORIGIN, MemoryKeyProvider(), At()))


async def test_the_worker_goes_on_at_once_only_after_a_full_batch(
    gateway: Database, sealer: Database, seal: Seal
) -> None:
    await record(gateway, 7)
    worker = Sealer(sealer, seal, most=3)
    assert [await worker.work() for _ in range(4)] == [3, 3, 0, 0]


async def test_the_lag_is_the_age_of_the_oldest_record_without_a_place(
    gateway: Database, sealer: Database, seal: Seal
) -> None:
    class Later(At):
        def now(self) -> datetime:
            return NOW.replace(minute=3)

    lag = SealingLag(gateway, Later())
    await lag.refresh()
    assert (lag.seconds(), lag.waiting) == (0.0, 0)
    await record(gateway, 2)
    await lag.refresh()
    assert (lag.seconds(), lag.waiting) == (180.0, 2)
    await seal_once(sealer, seal)
    await lag.refresh()
    assert (lag.seconds(), lag.waiting) == (0.0, 0)
