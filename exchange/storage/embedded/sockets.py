"""The socket's own folder: short, private, and the same after every start.

A socket's address has room for about a hundred bytes, so it cannot lie in the cluster's folder,
whose path is the user's choice. It lies in a 0700 folder under a random name in a temporary place.
The home remembers that name. What lies there is used only if it belongs to the cluster's account.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from exchange.storage.embedded.account import Account
from exchange.storage.embedded.complaint import unavailable
from exchange.storage.embedded.home import Home
from exchange.storage.embedded.settings import PORT

_SOCKET = f".s.PGSQL.{PORT}"
_MAX_ADDRESS_BYTES = 100  # Linux takes 107, macOS 103
_PLAIN = re.compile(r"[\w./-]+", re.ASCII)  # the setting is a list; a comma would end the name


def prepare(home: Home) -> Path:
    """Give an empty folder for the socket: the remembered one if that is safe, else a new one.

    Raises:
        Unavailable: there is no temporary place that the account can use.
    """
    folder = recorded(home)
    if folder is None or not _made(folder, home.account):
        folder = _new_folder(home.account)
        home.account.write(home.folder / "socket", f"{folder}\n{_identity(home)}\n")
    _empty(folder, home.account)
    return folder


def recorded(home: Home) -> Path | None:
    """Give the remembered folder; None if there is none, or it is that of the home's original.

    A copy of a home carries the original's memory. It must not touch the original's socket.
    """
    try:
        folder, identity = (home.folder / "socket").read_text("utf-8").splitlines()
    except (FileNotFoundError, ValueError):
        return None
    return Path(folder) if identity == _identity(home) else None


def is_live(folder: Path, account: Account) -> bool:
    """Whether a socket lies in this folder, and nobody else can have put it there."""
    try:
        is_socket = stat.S_ISSOCK((folder / _SOCKET).lstat().st_mode)
    except OSError:
        return False
    return is_socket and _is_private(folder, account)


def clear(home: Home) -> None:
    """Leave nothing in the temporary place; the next start makes the same folder again."""
    folder = recorded(home)
    if folder is not None and _is_private(folder, home.account):
        _empty(folder, home.account)
        home.account.can("rmdir", "--", folder)


def _identity(home: Home) -> str:
    status = home.folder.stat()
    return f"{status.st_dev}:{status.st_ino}"


def _made(folder: Path, account: Account) -> bool:
    try:
        account.make_folder(folder)
    except FileExistsError:
        return _is_private(folder, account)
    except OSError:
        return False
    return True


def _is_private(folder: Path, account: Account) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == account.uid
    return ours and not status.st_mode & 0o077


def _new_folder(account: Account) -> Path:
    name = f"vx-{secrets.token_hex(8)}"
    for place in _temporary_places():
        folder = place / name
        is_short = len(os.fsencode(folder / _SOCKET)) <= _MAX_ADDRESS_BYTES
        fits = is_short and _PLAIN.fullmatch(str(folder))
        if fits and _is_safe(place) and account.can_enter(place) and _made(folder, account):
            return folder
    raise unavailable("geen tijdelijke map waar een socket kan staan")


def _temporary_places() -> Iterator[Path]:
    yield Path("/tmp")  # noqa: S108  # nosec B108  a 0700 folder, checked before each use
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        yield Path(runtime)
    yield Path(tempfile.gettempdir())


def _is_safe(place: Path) -> bool:
    """Whether nobody else can rename a folder of ours there."""
    try:
        status = place.stat()
    except OSError:
        return False
    is_shared = status.st_mode & 0o022
    return status.st_uid in {0, os.geteuid()} and (
        not is_shared or bool(status.st_mode & stat.S_ISVTX)
    )


def _empty(folder: Path, account: Account) -> None:
    """Remove what a killed server left: its lock file could name a process that is now another."""
    account.run("rm", "-f", "--", folder / _SOCKET, folder / f"{_SOCKET}.lock")
