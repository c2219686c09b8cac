"""A PostgreSQL of a measurement's own, as the embedded default sets it up, migrated and empty."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exchange.storage.embedded import EmbeddedPostgres
from exchange.storage.logins import LOGINS, create_logins, write_passfile
from exchange.storage.schema import migrate
from tests.integration.servers import TestDatabase, database_url, run_sql


@contextmanager
def cluster() -> Iterator[tuple[EmbeddedPostgres, Path]]:
    """Start one, and remove it with all that is in it; gives it with the place of its passfile."""
    with tempfile.TemporaryDirectory(prefix="vx-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        running = EmbeddedPostgres.open(Path(folder))
        try:
            yield running, Path(folder) / "passfile"
        finally:
            running.remove()


async def prepared(running: EmbeddedPostgres, passfile: Path) -> TestDatabase:
    """Make the logins and the database that is measured."""
    passwords = {login: secrets.token_urlsafe(24) for login in LOGINS}
    write_passfile(passfile, passwords)
    url = database_url(running.url, "bench")
    await run_sql(running.url, "CREATE DATABASE bench")
    await migrate(url)
    await create_logins(url, passwords)
    return TestDatabase(url, passfile)
