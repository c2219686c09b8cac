"""Migrations and tables.py agree, migrating is safe to repeat, an unknown schema is refused."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine

from exchange.errors import Fault
from exchange.storage.database import Database
from exchange.storage.model import metadata
from exchange.storage.schema import (
    KNOWN_REVISIONS,
    MIGRATIONS,
    migrate,
    require_known_schema,
)
from tests.integration.servers import Server, TestDatabase, database_url, run_sql

CATALOGUE = """
    SELECT format('%s.%s %s%s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                  CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
                  pg_get_expr(d.adbin, d.adrelid)) AS what
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT c.relispartition AND c.relname <> 'alembic_version'
    UNION ALL
    SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
      AND conrelid::regclass::text !~ '^(alembic_version|registrations_.*)$'
    UNION ALL
    SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
      AND tablename !~ '^(alembic_version|registrations_.*)$'
    ORDER BY what
"""


@pytest.fixture
async def empty(server: Server) -> AsyncIterator[str]:
    """The address of a database with nothing in it."""
    name = f"vx_{secrets.token_hex(6)}"
    await run_sql(server.superuser_url, f"CREATE DATABASE {name}")
    yield database_url(server.superuser_url, name)
    await run_sql(server.superuser_url, f"DROP DATABASE {name} WITH (FORCE)")


async def catalogue(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [row["what"] for row in await connection.fetch(CATALOGUE)]
    finally:
        await connection.close()


async def test_the_migrations_make_exactly_the_tables_on_the_screen(
    fresh: TestDatabase, empty: str
) -> None:
    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(empty)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect)
    async with engine.begin() as conn:
        await conn.run_sync(metadata.create_all)
    await engine.dispose()
    declared, migrated = await catalogue(empty), await catalogue(fresh.url)
    assert declared == migrated
    assert len(migrated) > 150  # the comparison saw something


async def test_the_newest_known_revision_is_the_newest_migration() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_heads() == [KNOWN_REVISIONS[-1]]
    names = {script.module.__name__ for script in scripts.walk_revisions()}
    assert all("_expand_" in name or "_contract_" in name for name in names)


async def test_concurrent_migrations_wait_for_each_other(empty: str) -> None:
    reached = await asyncio.gather(*(migrate(empty) for _ in range(4)))
    assert set(reached) == {KNOWN_REVISIONS[-1]}


async def test_migrating_needs_no_superuser_once_the_roles_exist(server: Server) -> None:
    name, member = f"vx_{secrets.token_hex(6)}", f"vx_member_{secrets.token_hex(4)}"
    await run_sql(
        server.superuser_url,
        f"CREATE ROLE {member} LOGIN PASSWORD 'a-word-for-this-test' IN ROLE verzuim_migrator",
        f"CREATE DATABASE {name} OWNER verzuim_migrator",
    )
    plain = database_url(server.superuser_url, name).rpartition("@")[2]
    assert await migrate(f"postgresql://{member}:a-word-for-this-test@{plain}")
    connection = await asyncpg.connect(database_url(server.superuser_url, name))
    owners = await connection.fetch(
        "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    )
    await connection.close()
    assert [row["tableowner"] for row in owners] == ["verzuim_migrator"]
    await run_sql(server.superuser_url, f"DROP DATABASE {name}", f"DROP ROLE {member}")


@pytest.mark.parametrize("revision", ["0001", "9999"])
async def test_refuses_to_start_on_a_schema_it_does_not_know(
    fresh: TestDatabase, revision: str
) -> None:
    async with fresh.login("exchange_gateway") as database, fresh.raw() as root:
        async with database.transaction() as conn:
            await require_known_schema(conn)
        await root.execute("UPDATE alembic_version SET version_num = $1", revision)
        try:
            with pytest.raises(Fault) as refused:
                async with database.transaction() as conn:
                    await require_known_schema(conn)
        finally:
            await root.execute("UPDATE alembic_version SET version_num = $1", KNOWN_REVISIONS[-1])
    assert revision in refused.value.facts["rule"]
    assert "exchange migrate" in refused.value.facts["rule"]


async def test_refuses_to_start_on_an_empty_database(empty: str) -> None:
    database = Database(empty)
    with pytest.raises(Fault) as refused:
        async with database.transaction() as conn:
            await require_known_schema(conn)
    await database.close()
    assert "leeg" in refused.value.facts["rule"]
    assert "exchange migrate" in refused.value.facts["rule"]


async def test_leaves_a_newer_database_alone(empty: str) -> None:
    await migrate(empty)
    await run_sql(empty, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Fault, match="interne-fout") as refused:
        await migrate(empty)
    assert "9999" in refused.value.facts["rule"]
