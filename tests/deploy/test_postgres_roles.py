"""deploy/postgres sets up a server on which everything works and nobody is a superuser (C35)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest

from exchange.storage.embedded import settings as embedded_settings
from exchange.storage.logins import LOGINS
from exchange.storage.roles import OWNER, USERS
from exchange.storage.schema import KNOWN_REVISIONS, migrate
from tests.deploy.database import DATABASE, MIGRATOR, PRODUCTION, ProductionDatabase, recommended
from tests.integration.storage.test_privileges import EXPECTED, RIGHTS


@pytest.fixture(scope="module")
async def migrated(
    database: ProductionDatabase, tmp_path_factory: pytest.TempPathFactory
) -> ProductionDatabase:
    """The schema, laid down by the migrator's own login."""
    passfile = database.passfile(tmp_path_factory.mktemp("migrator") / "passfile", MIGRATOR)
    assert await migrate(database.url(MIGRATOR), passfile=passfile) == KNOWN_REVISIONS[-1]
    return database


async def test_every_group_has_exactly_the_rights_that_it_has_in_a_sandbox(
    migrated: ProductionDatabase,
) -> None:
    root = await migrated.root()
    rows = await root.fetch(RIGHTS)
    await root.close()
    found: dict[str, dict[str, set[str]]] = {}
    for row in rows:
        found.setdefault(row["role"], {}).setdefault(row["what"], set()).add(row["may"])
    assert found == EXPECTED


async def test_the_script_makes_the_logins_and_groups_that_the_code_knows(
    migrated: ProductionDatabase,
) -> None:
    root = await migrated.root()
    members = await root.fetch(
        "SELECT m.rolname AS login, array_agg(g.rolname::text) AS groups FROM pg_auth_members a"
        " JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.roleid"
        " WHERE m.rolname LIKE 'exchange%' GROUP BY 1"
    )
    powers = await root.fetch(
        "SELECT rolname FROM pg_roles WHERE (rolname LIKE 'exchange%' OR rolname LIKE 'verzuim%')"
        " AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls"
        " OR rolcanlogin <> (rolname LIKE 'exchange%'))"
    )
    groups = await root.fetch("SELECT rolname FROM pg_roles WHERE rolname LIKE 'verzuim%'")
    await root.close()
    wanted = {**LOGINS, MIGRATOR: OWNER}
    assert {row["login"]: row["groups"] for row in members} == {k: [v] for k, v in wanted.items()}
    assert {row["rolname"] for row in groups} == {OWNER, *USERS}
    assert powers == []


@pytest.mark.parametrize("login", [*LOGINS, MIGRATOR])
async def test_each_login_gets_in_with_its_own_password_only(
    migrated: ProductionDatabase, login: str
) -> None:
    connection = await migrated.connect(login)
    assert await connection.fetchval("SELECT session_user") == login
    await connection.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await migrated.connect(login, password="not the password of this login")


def test_outside_the_server_itself_there_is_no_way_in_without_tls_and_scram() -> None:
    text = (PRODUCTION / "pg_hba.conf").read_text("utf-8")
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    assert lines[0] == ["local", "all", "postgres", "peer"]
    assert lines[-1] == ["host", "all", "all", "all", "reject"]
    between = lines[1:-1]
    assert {line[2] for line in between} == {*LOGINS, MIGRATOR}
    assert {(line[0], line[1], line[4]) for line in between} == {
        ("hostssl", DATABASE, "scram-sha-256")
    }


async def test_nobody_gets_in_elsewhere(migrated: ProductionDatabase) -> None:
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await migrated.connect("exchange_gateway", database="postgres")
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await asyncpg.connect(
            migrated.url("postgres"), password=migrated.cluster.password, timeout=5
        )


async def test_no_password_is_kept_but_a_scram_verifier(migrated: ProductionDatabase) -> None:
    root = await migrated.root()
    rows = await root.fetch("SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'exchange%'")
    await root.close()
    assert len(rows) == len(LOGINS) + 1
    assert all(row["rolpassword"].startswith("SCRAM-SHA-256$") for row in rows)


async def test_the_passwords_stand_in_no_line_that_the_server_wrote(
    migrated: ProductionDatabase,
) -> None:
    said = migrated.cluster._home.log.read_text("utf-8")
    assert "database system is ready" in said
    assert not [login for login, password in migrated.passwords.items() if password in said]


def test_a_password_that_could_end_its_statement_is_refused(
    migrated: ProductionDatabase, tmp_path: Path
) -> None:
    planted = tmp_path / "passfile"
    planted.write_text("*:*:*:exchange_gateway:x' SUPERUSER; --\n")
    done = migrated.psql("sh", str(PRODUCTION / "passwords.sh"), DATABASE, str(planted))
    assert done.returncode != 0
    assert "SUPERUSER" not in done.stderr


async def test_an_error_with_a_value_in_it_leaves_no_line(migrated: ProductionDatabase) -> None:
    log = migrated.cluster._home.log
    planted = "canary-value-0361"
    for login in ("exchange_gateway", MIGRATOR):
        connection = await migrated.connect(login)
        with pytest.raises(asyncpg.PostgresError):
            await connection.fetch("SELECT $1::text::int", planted)
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute(f"SELECT '{planted}'::int")
        await connection.close()
    assert planted not in log.read_text("utf-8")


def test_what_is_recommended_is_what_a_sandbox_runs_with() -> None:
    chosen, here = embedded_settings._DEFAULTS, recommended()
    ours = {name for name in chosen if name.startswith("log_") or chosen[name] == "on"}
    only_here = {"log_destination", "log_timezone", "log_checkpoints"}
    assert {name: here.get(name) for name in ours - only_here} == {
        name: chosen[name] for name in ours - only_here
    }
    assert here["password_encryption"] == chosen["password_encryption"]


async def test_a_passfile_that_others_can_read_is_refused_with_the_remedy(
    migrated: ProductionDatabase, tmp_path: Path
) -> None:
    passfile = migrated.passfile(tmp_path / "passfile", MIGRATOR)
    passfile.chmod(0o640)
    done = _migrate({"DATABASE_URL": migrated.url(MIGRATOR), "PGPASSFILE": str(passfile)})
    assert done.returncode == 1
    assert f"chmod 600 {passfile}" in done.stderr
    passfile.chmod(0o600)
    done = _migrate({"DATABASE_URL": migrated.url(MIGRATOR), "PGPASSFILE": str(passfile)})
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"schema {KNOWN_REVISIONS[-1]}\n"


@pytest.mark.parametrize("form", ["user:{0}@host/db", "host/db?password={0}"])
def test_a_password_in_the_address_is_refused_and_not_repeated(form: str) -> None:
    secret = "a-password-in-the-open"
    address = f"postgresql://{form.format(secret)}"
    for settings, words in (
        ({"DATABASE_URL": address}, ()),
        ({"DATABASE_URL": "postgresql://host/db"}, ("--url", address)),
    ):
        done = _migrate(settings, *words)
        assert done.returncode == 1
        assert "PGPASSFILE" in done.stderr
        assert secret not in done.stderr + done.stdout


def _migrate(settings: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.defpath,
        "EXCHANGE_KEYS": "/nowhere",
        "EXCHANGE_KEYS_PASSPHRASE_FILE": "/nowhere",
        **settings,
    }
    command = (sys.executable, "-m", "exchange", "migrate", *words)
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
