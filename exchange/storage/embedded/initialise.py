"""Making a new cluster: finished and on disk, or not there at all."""

from __future__ import annotations

import secrets
from pathlib import Path

from exchange.storage.embedded.binaries import Binaries
from exchange.storage.embedded.disk import flush
from exchange.storage.embedded.home import Home
from exchange.storage.embedded.settings import INCLUDED

SUPERUSER = "postgres"
DATABASE = "exchange"


def initialise(home: Home, binaries: Binaries, lock: int) -> None:
    """Fill the home: the superuser's password and a cluster that has the database ``exchange``.

    Everything happens in a draft folder that takes its name at the very end, so a crash in the
    middle leaves a draft, which the next attempt throws away. The steps do not wait for the disk
    one by one; instead the whole draft is synced once, when it is complete.

    The programs hold ``lock`` too: if we are killed, the next attempt waits until they are done.
    """
    account, draft = home.account, home.folder / "data.new"
    account.run("rm", "-rf", "--", draft)
    account.write(home.password_file, secrets.token_urlsafe(32))
    account.run(binaries.initdb, *_initdb_options(home.password_file, draft), keep=(lock,))
    single = (binaries.postgres, "--single", "-c", "exit_on_error=on", "-D", draft, "postgres")
    account.run(*single, stdin=f"CREATE DATABASE {DATABASE}\n", keep=(lock,))
    include = 'printf "%s\\n" "include = \'$2\'" >>"$1"'
    account.run("/bin/sh", "-c", include, "sh", draft / "postgresql.conf", INCLUDED)
    account.run(binaries.initdb, "--sync-only", "--pgdata", draft, keep=(lock,))
    draft.rename(home.data)
    flush(home.password_file)
    flush(home.folder)


def _initdb_options(password_file: Path, draft: Path) -> tuple[str | Path, ...]:
    return (
        *("--pgdata", draft),
        *("--username", SUPERUSER),
        *("--pwfile", password_file),
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        # Sorting by code point and letters by Unicode, both from PostgreSQL itself: an upgrade of
        # the operating system can change neither, and so never corrupts an index.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--data-checksums",
        "--no-sync",
        "--no-instructions",
    )
