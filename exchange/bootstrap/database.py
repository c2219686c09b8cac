"""Opens the database under the login of the process that asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from exchange.config import Settings
from exchange.storage.database import Database
from exchange.storage.logins import login_url, require_private
from exchange.storage.schema import require_known_schema


@asynccontextmanager
async def open_database(settings: Settings, login: str) -> AsyncIterator[Database]:
    """Open the database as ``login``; refuses to go on with a schema this code does not know."""
    url = settings.database_url
    if settings.passfile is not None:
        require_private(settings.passfile)
        url = login_url(url, login)
    database = Database(url, passfile=settings.passfile, application_name=login)
    try:
        async with database.transaction() as conn:
            await require_known_schema(conn)
        yield database
    finally:
        await database.close()
