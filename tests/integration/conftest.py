"""One real PostgreSQL for the whole run, and a fresh, migrated database for each test module.

VERZUIM_TEST_POSTGRES names another server's superuser, to run the same tests against that one.
"""

import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from exchange.storage.database import Database
from exchange.storage.embedded import EmbeddedPostgres
from exchange.storage.logins import LOGINS, create_logins, write_passfile
from exchange.storage.schema import migrate
from tests.integration.servers import Server, TestDatabase, database_url, run_sql

TEMPLATE = "vx_template"


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedPostgres | None]:
    """Our own cluster, unless the tests are pointed at another server."""
    if "VERZUIM_TEST_POSTGRES" in os.environ:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="vx-tests-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        cluster = EmbeddedPostgres.open(Path(folder))
        yield cluster
        cluster.remove()


@pytest.fixture(scope="session")
async def server(
    embedded: EmbeddedPostgres | None, tmp_path_factory: pytest.TempPathFactory
) -> Server:
    """The server, its logins with their passfile, and a migrated database to copy."""
    url = embedded.url if embedded else os.environ["VERZUIM_TEST_POSTGRES"]
    passwords = {login: secrets.token_urlsafe(24) for login in LOGINS}
    passfile = tmp_path_factory.mktemp("logins") / "passfile"
    write_passfile(passfile, passwords)
    await run_sql(url, f"DROP DATABASE IF EXISTS {TEMPLATE}", f"CREATE DATABASE {TEMPLATE}")
    await migrate(database_url(url, TEMPLATE))
    await create_logins(url, passwords)
    return Server(url, passfile)


@pytest.fixture(scope="module")
async def fresh(server: Server) -> AsyncIterator[TestDatabase]:
    """A migrated database of this module's own, empty at its start."""
    name = f"vx_{secrets.token_hex(6)}"
    await run_sql(server.superuser_url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield TestDatabase(database_url(server.superuser_url, name), server.passfile)
    await run_sql(server.superuser_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
async def gateway(fresh: TestDatabase) -> AsyncIterator[Database]:
    """The database as the api sees it."""
    async with fresh.login("exchange_gateway") as database:
        yield database


@pytest.fixture(scope="module")
async def worker(fresh: TestDatabase) -> AsyncIterator[Database]:
    """The database as the workers see it."""
    async with fresh.login("exchange_worker") as database:
        yield database


@pytest.fixture(scope="module")
async def purge(fresh: TestDatabase) -> AsyncIterator[Database]:
    """The database as the purger sees it."""
    async with fresh.login("exchange_purge") as database:
        yield database


@pytest.fixture(scope="module")
async def operator(fresh: TestDatabase) -> AsyncIterator[Database]:
    """The database as ``exchange party`` sees it."""
    async with fresh.login("exchange_operator") as database:
        yield database
