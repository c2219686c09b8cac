"""The server that integration tests use, and one database of it as any login sees it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from exchange.storage.database import Database
from exchange.storage.logins import login_url


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server with our logins, and the passfile that opens them."""

    superuser_url: str = field(repr=False)
    passfile: Path


@dataclass(frozen=True)
class TestDatabase:
    """One migrated database."""

    __test__ = False

    url: str = field(repr=False)
    passfile: Path

    @asynccontextmanager
    async def login(self, login: str, pool_size: int = 10) -> AsyncIterator[Database]:
        """Open the database as one of our processes does."""
        url = login_url(self.url, login)
        database = Database(
            url, passfile=self.passfile, application_name=login, pool_size=pool_size
        )
        try:
            yield database
        finally:
            await database.close()

    @asynccontextmanager
    async def raw(
        self, login: str | None = None, *, party: object = "", today: date | None = None
    ) -> AsyncIterator[asyncpg.Connection]:
        """Give a bare connection, of the superuser by default, in the name of ``party``."""
        url = login_url(self.url, login) if login else self.url
        connection = await asyncpg.connect(url, passfile=self.passfile)
        try:
            await connection.execute(
                "SELECT set_config('exchange.party', $1, false),"
                " set_config('exchange.today', $2, false)",
                str(party),
                today.isoformat() if today else "",
            )
            yield connection
        finally:
            await connection.close()


def database_url(url: str, database: str) -> str:
    """Give the address of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


async def run_sql(url: str, *statements: str) -> None:
    """Run statements, each in a transaction of its own."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
