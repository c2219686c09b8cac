"""Measures what sealing the log costs: its rate, how far heads are behind under load, and a proof.

A PostgreSQL of its own that waits for the disk at every commit. The yardsticks in the same run are
raw COPY of the same records in batches of the same size, and the cheapest query that there is. The
load is 1,500 records a second, written in the way in which acts write theirs: with a place in the
queue of the sealer.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from adapters.keys.memory import MemoryKeyProvider
from adapters.system import SystemClock
from exchange.accountability.merkle import Span, hashes_of, inclusion_path, tiles_of
from exchange.accountability.sealing import BATCH, Seal, seal_once
from exchange.crypto.verify_log import verify_inclusion
from exchange.storage import tree
from exchange.storage.database import Connection, Database
from exchange.storage.embedded import EmbeddedPostgres
from exchange.workers.sealer import REST_SECONDS, Sealer
from tests.bench.cluster import cluster, prepared
from tests.bench.outcome import Outcome
from tests.integration.servers import TestDatabase

FEW = 50_000
_REQUIRED_RATE = 1_500
_MOST_BEHIND_SECONDS, _MOST_PROOF_MILLISECONDS = 2.0, 50.0
_LEAST_OF_COPY = 0.05
_LOAD_SECONDS, _LOOKS_A_SECOND, _PROOFS = 20, 10, 300


@dataclass(frozen=True)
class Measured:
    """Rates in records a second, proofs and the cheapest query in milliseconds (medians)."""

    leaves: int
    copy: float
    sealing_few: float
    sealing_many: float
    offered: float
    behind: float
    proof: float
    proof_p99: float
    query: float


def run(asked: argparse.Namespace) -> Outcome:
    """Measure on an empty log, and again on one of ``asked.leaves`` records."""
    with cluster() as (running, passfile):
        found = asyncio.run(_measured(running, passfile, asked.leaves))
    failures = []
    slowest = min(found.sealing_few, found.sealing_many)
    if slowest < _REQUIRED_RATE:
        failures.append(f"{slowest:.0f} records/s are sealed, {_REQUIRED_RATE} come")
    if slowest < found.copy * _LEAST_OF_COPY:
        failures.append(f"sealing is {slowest / found.copy:.3f} of raw COPY")
    if found.behind > _MOST_BEHIND_SECONDS:
        failures.append(f"a record waited {found.behind:.1f} s for its place")
    if found.proof > _MOST_PROOF_MILLISECONDS:
        failures.append(f"a proof takes {found.proof:.0f} ms")
    return Outcome(_render(found), asdict(found), failures)


async def _measured(running: EmbeddedPostgres, passfile: Path, leaves: int) -> Measured:
    database = await prepared(running, passfile)
    seal = Seal("verzuim-exchange/00000099000000001000", MemoryKeyProvider(), SystemClock())
    async with (
        database.login("exchange_sealer") as sealing,
        database.login("exchange_gateway") as reading,
    ):
        copy = await _copy_rate(database)
        few = await _sealing_rate(database, sealing, seal, FEW)
        await _sealing_rate(database, sealing, seal, max(leaves - 2 * FEW, 0), most=50_000)
        many = await _sealing_rate(database, sealing, seal, FEW)
        offered, behind = await _under_load(database, Sealer(sealing, seal))
        proofs = sorted(await _times(_proofs(reading)))
        query = statistics.median(await _times(_nothing(reading)))
        async with reading.transaction() as conn:
            head = await tree.newest_checkpoint(conn)
    return Measured(
        leaves=head.size if head else 0,
        copy=copy,
        sealing_few=few,
        sealing_many=many,
        offered=offered,
        behind=behind,
        proof=statistics.median(proofs),
        proof_p99=proofs[len(proofs) * 99 // 100],
        query=query,
    )


async def _copy_rate(database: TestDatabase) -> float:
    """Copy what a sealed record costs at the least, an id and a hash, in batches of the sealer."""
    rows = [(uuid4(), random.randbytes(32)) for _ in range(FEW)]
    async with database.raw() as root:
        await root.execute("CREATE TABLE yardstick (entry uuid PRIMARY KEY, hash bytea NOT NULL)")
        started = time.perf_counter()
        for begin in range(0, FEW, BATCH):
            batch = rows[begin : begin + BATCH]
            await root.copy_records_to_table("yardstick", records=batch)
        return FEW / (time.perf_counter() - started)


async def _sealing_rate(
    database: TestDatabase, sealing: Database, seal: Seal, count: int, most: int = BATCH
) -> float:
    async with database.raw() as root:
        await root.execute("SET synchronous_commit = off")  # what waits is not what is measured
        for begin in range(0, count, 100_000):
            await root.execute(_WAITING, min(100_000, count - begin))
        await root.execute("VACUUM ANALYZE log_pending")
        await root.execute("CHECKPOINT")  # what was loaded is not written while we measure
    started, sealed = time.perf_counter(), 0
    while batch := await seal_once(sealing, seal, most):
        sealed += batch
    return sealed / (time.perf_counter() - started)


async def _under_load(database: TestDatabase, sealer: Sealer) -> tuple[float, float]:
    """Seal as the worker does while records come; give their rate, and the longest wait."""

    async def keep_sealing() -> None:
        while True:
            while await sealer.work():
                pass
            await asyncio.sleep(REST_SECONDS)

    working = asyncio.create_task(keep_sealing())
    behind, came, begun = 0.0, 0, time.perf_counter()
    async with database.raw() as writing, database.raw() as looking:
        for look in range(_LOAD_SECONDS * _LOOKS_A_SECOND):
            due = round(_REQUIRED_RATE * (time.perf_counter() - begun)) - came
            await writing.execute(_RECORDS, due)
            came += due
            behind = max(behind, await looking.fetchval(_BEHIND))
            until = begun + (look + 1) / _LOOKS_A_SECOND
            await asyncio.sleep(max(until - time.perf_counter(), 0))
    offered = came / (time.perf_counter() - begun)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    return offered, behind


def _proofs(reading: Database) -> Iterator[Callable[[], Awaitable[None]]]:
    """Give the acts of proving records from all over the log, as the route does."""

    async def prove() -> None:
        async with reading.transaction() as conn:
            await _prove(conn)

    yield from (prove for _ in range(_PROOFS))


async def _prove(conn: Connection) -> None:
    head = await tree.newest_checkpoint(conn)
    if head is None:
        raise SystemExit("the log was not sealed")
    index = random.randrange(head.size)
    path = inclusion_path(index, head.size)
    tiles = await tree.read_tiles(conn, tiles_of([*path, Span(index, index + 1)]))
    proof = hashes_of(path, tiles)
    leaf = tiles[0, index // 256][index % 256 * 32 : (index % 256 + 1) * 32]
    verify_inclusion(leaf, index, head.size, proof, head.root)


def _nothing(reading: Database) -> Iterator[Callable[[], Awaitable[None]]]:
    async def nothing() -> None:
        async with reading.transaction():
            pass

    yield from (nothing for _ in range(_PROOFS))


async def _times(acts: Iterator[Callable[[], Awaitable[None]]]) -> list[float]:
    took = []
    for act in acts:
        started = time.perf_counter()
        await act()
        took.append((time.perf_counter() - started) * 1000)
    return took


def _render(found: Measured) -> str:
    slowest = min(found.sealing_few, found.sealing_many)
    rows = [
        ("raw COPY in batches of 5,000, records/s", f"{found.copy:,.0f}"),
        ("sealing an empty log, records/s", f"{found.sealing_few:,.0f}"),
        (f"sealing beside {found.leaves:,} records, records/s", f"{found.sealing_many:,.0f}"),
        ("  of raw COPY", f"{slowest / found.copy:.2f}"),
        (f"  of the required {_REQUIRED_RATE:,}/s", f"{slowest / _REQUIRED_RATE:.1f}"),
        (f"longest wait at {found.offered:,.0f} records/s, s", f"{found.behind:.2f}"),
        ("proving and verifying one record, ms", f"{found.proof:.1f}"),
        ("  99 of 100 within", f"{found.proof_p99:.1f}"),
        ("  times an empty transaction", f"{found.proof / found.query:.1f}"),
    ]
    return "\n".join(f"{what:<52}{value:>12}" for what, value in rows)


# UUIDv7, as entries are: their place in an index is behind what is there.
_ENTRY = """
    (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
     || right(replace(gen_random_uuid()::text, '-', ''), 19))::uuid
"""

_WAITING = f"""
    INSERT INTO log_pending
    SELECT {_ENTRY}, sha256(n::text::bytea), now()
    FROM generate_series(1, $1::integer) AS n
"""  # noqa: S608  our own words

_RECORDS = f"""
    WITH made AS (
        SELECT {_ENTRY} AS entry, sha256(n::text::bytea) AS hash,
               clock_timestamp() AS at
        FROM generate_series(1, $1::integer) AS n
    ), queued AS (
        INSERT INTO log_pending SELECT entry, hash, at FROM made
    )
    INSERT INTO log_records (entry, recorded_at, activity, action, outcome, leaf, leaf_hash)
    SELECT entry, at, 'signaal-leerplicht/1', 'bericht-aangenomen', 'ok',
           convert_to(repeat('r', 700), 'UTF8'), hash
    FROM made
"""  # noqa: S608  our own words

_BEHIND = """
    SELECT coalesce(extract(epoch FROM clock_timestamp() - min(recorded_at)), 0)::float8
    FROM log_pending
"""
