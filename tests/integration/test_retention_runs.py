"""The workers as an operator starts them forget on time and watch that they do (P9)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from adapters.keys.file import FileKeyProvider
from exchange.bootstrap.law import open_stores
from exchange.bootstrap.workers import run_workers
from exchange.config import Settings
from exchange.policy.necessity import Mode
from exchange.policy.stores import watched
from tests.integration.servers import TestDatabase

_OLD = "INSERT INTO console_logins VALUES (decode(repeat('01', 33), 'hex'), 'sealed', '2020-01-01')"
_DONE = "SELECT removed = 1 AND reported = 1 FROM retention WHERE store = 'console_logins'"
_PATIENCE_SECONDS = 60


async def test_the_workers_purge_report_and_watch(fresh: TestDatabase, tmp_path: Path) -> None:
    FileKeyProvider.create(tmp_path / "keys", tmp_path / "passphrase")
    settings = Settings(
        mode=Mode.TRIAL,
        database_url=fresh.url,
        passfile=fresh.passfile,
        keys=tmp_path / "keys",
        passphrase=tmp_path / "passphrase",
        gateway_oin="00000099000000001000",
    )
    async with fresh.raw() as root:
        await root.execute(_OLD)
        stop = asyncio.Event()
        running = asyncio.create_task(run_workers(settings, stop))
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not (await looked_at(root) and await root.fetchval(_DONE)):
                    if running.done():
                        await running
                    await asyncio.sleep(0.05)
        finally:
            stop.set()
            await asyncio.wait([running], timeout=_PATIENCE_SECONDS)
        actions = [row[0] for row in await root.fetch("SELECT action FROM log_records")]
    assert actions == ["bewaartermijn-uitgevoerd"]


async def looked_at(root: asyncpg.Connection) -> bool:
    """Say whether the watch looked at everything."""
    rows = await root.fetch("SELECT store FROM retention WHERE checked_at IS NOT NULL")
    return {row["store"] for row in rows} >= set(watched(open_stores()))
