"""A PostgreSQL as an administrator sets one up from deploy/postgres: our logins, their passwords.

The server of the sandbox is built without TLS, so that here the lines of pg_hba.conf say ``host``
where they say ``hostssl`` on a site; ``test_postgres_roles`` holds the file itself to that.
"""

from __future__ import annotations

import os
import random
import re
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from exchange.storage.embedded import EmbeddedPostgres
from exchange.storage.embedded.binaries import installed_binaries
from exchange.storage.embedded.initialise import SUPERUSER
from exchange.storage.logins import LOGINS
from tests.deploy.prefix import ROOT

PRODUCTION = ROOT / "deploy" / "postgres"
DATABASE = "verzuim"
MIGRATOR = "exchange_migrator"
_SETTING = re.compile(r"^(\w+) = '?([^'\n]*)'?$", re.MULTILINE)
_LOCAL_SUPERUSER = "local all postgres scram-sha-256\n"
"""Where a site has ``peer``: who runs the tests is not the server's account."""


def recommended() -> dict[str, str]:
    """Read deploy/postgres/postgresql.conf."""
    return dict(_SETTING.findall((PRODUCTION / "postgresql.conf").read_text("utf-8")))


@dataclass(frozen=True)
class ProductionDatabase:
    """A server on an address of its own, and a password for every login."""

    cluster: EmbeddedPostgres = field(repr=False)
    folder: Path
    address: str
    passwords: Mapping[str, str] = field(repr=False)

    def url(self, login: str) -> str:
        """Give the address that a part is given: no password is in it."""
        return f"postgresql://{login}@{self.address}:5432/{DATABASE}"

    def passfile(self, path: Path, *logins: str) -> Path:
        """Write a passfile as an administrator does: only the logins of one part."""
        lines = [f"*:*:{DATABASE}:{login}:{self.passwords[login]}\n" for login in logins]
        path.write_text("".join(lines))
        path.chmod(0o600)
        return path

    async def connect(self, login: str, **options: object) -> asyncpg.Connection:
        """Connect as one login, with its password unless ``options`` say otherwise."""
        given = {"password": self.passwords[login], **options}
        return await asyncpg.connect(self.url(login), timeout=5, **given)

    async def root(self) -> asyncpg.Connection:
        """Connect as the superuser, over the socket."""
        return await asyncpg.connect(self.cluster.url, database=DATABASE, timeout=5)

    def psql(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run psql, or a program that runs it, as the administrator does."""
        programs = installed_binaries().initdb.parent
        passfile = self.folder / "superuser-passfile"
        passfile.write_text(f"*:*:*:{SUPERUSER}:{self.cluster.password}\n")
        passfile.chmod(0o600)
        environment = {
            "PATH": f"{programs}{os.pathsep}{os.defpath}",
            "PGHOST": str(self.cluster.socket_folder),
            "PGUSER": SUPERUSER,
            "PGPASSFILE": str(passfile),
        }
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@contextmanager
def production_database(folder: Path) -> Iterator[ProductionDatabase]:
    """Set a server up by the files of deploy/postgres, and remove it afterwards."""
    # An address of its own: the port of the embedded server is always the same.
    address = "127." + ".".join(str(random.randint(2, 250)) for _ in range(3))
    chosen = {name: value for name, value in recommended().items() if not name.startswith("ssl")}
    cluster = EmbeddedPostgres.open(folder, settings={**chosen, "listen_addresses": address})
    try:
        passwords = {login: secrets.token_urlsafe(24) for login in (MIGRATOR, *LOGINS)}
        database = ProductionDatabase(cluster, folder, address, passwords)
        _with_doors(database)
        _with_roles(database)
        yield database
    finally:
        cluster.remove()


def _with_doors(database: ProductionDatabase) -> None:
    """Let nobody in but by deploy/postgres/pg_hba.conf."""
    home, data = database.cluster._home, database.cluster.data_folder
    hba = (PRODUCTION / "pg_hba.conf").read_text("utf-8").replace("hostssl", "host   ")
    home.account.write(data / "pg_hba.conf", _LOCAL_SUPERUSER + hba)
    _done(database.psql("psql", "--dbname=postgres", "--command=SELECT pg_reload_conf()"))


def _with_roles(database: ProductionDatabase) -> None:
    """Follow deploy/postgres/roles.sql to the letter."""
    _done(database.psql("createdb", DATABASE))
    script = PRODUCTION / "roles.sql"
    for _ in range(2):  # safe to repeat
        run = ("psql", "--set=ON_ERROR_STOP=1", f"--dbname={DATABASE}", f"--file={script}")
        _done(database.psql(*run))
    passfile = database.passfile(database.folder / "all-logins", *database.passwords)
    _done(database.psql("sh", str(PRODUCTION / "passwords.sh"), DATABASE, str(passfile)))


def _done(process: subprocess.CompletedProcess[str]) -> None:
    assert process.returncode == 0, process.stderr
