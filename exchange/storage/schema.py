"""Which schema the database has, which ones this code can work with, and how it gets there."""

from __future__ import annotations

from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from exchange.errors import Fault
from exchange.storage.faults import translated
from exchange.storage.logins import require_private
from exchange.storage.roles import OWNER, prepare

KNOWN_REVISIONS = ("0015",)
"""The revisions that this code reads and writes correctly; the last is where ``migrate`` goes.

A release that expands the schema may list the one before it too, so that gateways of both releases
run side by side while the database is migrated under them.
"""

MIGRATIONS = Path(__file__).parent / "migrations"
_ALONE = 0x7665727A75696D  # "verzuim": the advisory lock of whoever migrates
_WAIT_FOR_OTHERS = "120s"


async def migrate(url: str, *, passfile: Path | None = None) -> str:
    """Bring the database to the newest schema in one transaction, and give its revision.

    Concurrent calls wait for each other; the later ones find nothing left to do. ``url`` names a
    superuser, or a member of verzuim_migrator where the roles exist already. A database that is
    newer than this code is left alone (``Fault``).
    """
    if passfile is not None:
        require_private(passfile)

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(url, passfile=passfile, timeout=5)

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=connect, poolclass=NullPool, hide_parameters=True
    )
    with translated():
        async with engine.begin() as conn:
            await conn.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_FOR_OTHERS}'"))
            await conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ALONE})
            found = await _revision(conn)
            if found not in (None, *_shipped_revisions()):
                raise Fault(_unknown(found))
            await prepare(conn)
            await conn.execute(text(f"SET LOCAL ROLE {OWNER}"))
            await conn.run_sync(_upgrade)
    return KNOWN_REVISIONS[-1]


async def require_known_schema(conn: AsyncConnection) -> None:
    """Raise ``Fault`` unless the database has a schema that this code knows; ask it at start-up.

    An older schema lacks what we write; a newer one may have another meaning. Neither is guessed.
    """
    with translated():
        found = await _revision(conn)
    if found not in KNOWN_REVISIONS:
        raise Fault(_unknown(found))


async def _revision(conn: AsyncConnection) -> str | None:
    if await conn.scalar(text("SELECT to_regclass('public.alembic_version')")) is None:
        return None
    found = await conn.scalar(text("SELECT version_num FROM public.alembic_version"))
    return str(found)


def _unknown(found: str | None) -> str:
    known = " of ".join(KNOWN_REVISIONS)
    if found is None or found < KNOWN_REVISIONS[0]:
        return f"databaseschema {found or 'leeg'}, nodig is {known}: draai `exchange migrate`"
    return (
        f"databaseschema {found} is onbekend aan dit programma (kent {known}):"
        " gebruik een nieuwere versie; `exchange migrate` gaat niet terug"
    )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _shipped_revisions() -> list[str]:
    return sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
