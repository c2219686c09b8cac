"""The group roles that own and use the tables: made once per cluster, before any migration runs."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

OWNER = "verzuim_migrator"
API = "verzuim_api"
WORKER = "verzuim_worker"
PURGE = "verzuim_purge"
READER = "verzuim_reader"
OPERATOR = "verzuim_operator"
SEALER = "verzuim_sealer"
USERS = (API, WORKER, PURGE, READER, OPERATOR, SEALER)


async def prepare(conn: AsyncConnection) -> None:
    """Make missing groups, and close the database to everybody else.

    Making roles takes a superuser (or CREATEROLE), closing takes the database's owner. Where a
    database administrator did both beforehand (docs/data-model.md), a member of verzuim_migrator
    suffices: nothing is done then, and nothing is needed.
    """
    await conn.execute(text(_MAKE_GROUPS))
    await conn.execute(text(_CLOSE_DATABASE))


_MAKE_GROUPS = f"""
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[{", ".join(f"'{role}'" for role in (OWNER, *USERS))}] LOOP
        IF to_regrole(name) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this cluster is being migrated at this moment
            END;
        END IF;
    END LOOP;
END
$$
"""

_CLOSE_DATABASE = """
DO $$
DECLARE
    users CONSTANT text := '$users';
BEGIN
    IF NOT (
        SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()
    ) THEN
        RETURN;
    END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO $owner, %s', current_database(), users);
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    GRANT USAGE, CREATE ON SCHEMA public TO $owner;
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %s', users);
END
$$
""".replace("$users", ", ".join(USERS)).replace("$owner", OWNER)
