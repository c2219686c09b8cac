"""Where a cluster lives: in the folder asked for, or behind a link where that folder is closed."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from exchange.storage.embedded.account import Account, choose_account, owner
from exchange.storage.embedded.binaries import installed_binaries
from exchange.storage.embedded.complaint import unavailable

# Folders that survive a reboot, best first; ours there is 0700 and has a random name.
_ELSEWHERE = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108  # nosec B108


@dataclass(frozen=True, slots=True)
class Home:
    """The 0700 folder of one cluster (every link followed) and the account that owns it."""

    folder: Path
    account: Account

    @property
    def data(self) -> Path:
        """PGDATA."""
        return self.folder / "data"

    @property
    def password_file(self) -> Path:
        """The superuser's password; beside the data, not in it, so that no backup carries both."""
        return self.folder / "password"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"


def find_home(directory: Path) -> Home:
    """Give the home of the cluster of ``directory``/postgres; a new, empty one the first time.

    As root a cluster goes elsewhere when the account it runs under cannot reach ``directory`` or
    the binaries; ``directory``/postgres is then a link, which every later start follows.

    Raises:
        Unavailable: the folder or link that is there cannot be trusted or used.
        OSError: the system refuses.
    """
    place = directory / "postgres"
    if not os.path.lexists(place) or _is_unfinished(place):
        _make(place)
    folder = _followed(place)
    if not folder.is_dir():
        raise unavailable(f"{folder} is geen map")
    account = owner(folder)
    if account.uid == 0 or (account.is_other and os.geteuid() != 0):
        raise unavailable(f"{folder} is van een ander account ({account.uid})")
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    home = Home(folder, account)
    if place.is_symlink():
        _claim(home, place)
    return home


def _is_unfinished(place: Path) -> bool:
    """Whether root made this folder, and nobody gave it away or put anything in it yet."""
    if place.is_symlink() or not place.is_dir() or os.geteuid() != 0:
        return False
    return place.stat().st_uid == 0 and not any(place.iterdir())


def _make(place: Path) -> None:
    """Make the folder or the link; two processes that do this at once end with one of them."""
    account = choose_account()
    is_reachable = not account.is_other or (
        account.can_enter(place.parent) and installed_binaries().are_usable_by(account)
    )
    with contextlib.suppress(FileExistsError):
        if not is_reachable:
            _link(place, account)
        elif _is_unfinished(place):
            account.own(place)
        else:
            account.make_folder(place)


def _link(place: Path, account: Account) -> None:
    parents = (parent for parent in _ELSEWHERE if os.access(parent, os.W_OK))
    parent = next((parent for parent in parents if account.can_enter(parent)), None)
    if parent is None:
        raise unavailable(f"geen map waar account {account.uid} bij kan (geprobeerd: /var)")
    folder = parent / f"verzuim-exchange-{secrets.token_hex(6)}"
    account.make_folder(folder)
    try:
        if _is_unfinished(place):
            place.rmdir()
        place.symlink_to(folder)
    except BaseException:
        folder.rmdir()
        raise


def _followed(place: Path) -> Path:
    if place.is_symlink() and place.lstat().st_uid not in {0, os.geteuid()}:
        raise unavailable(f"{place} is een koppeling van een ander account")
    try:
        return place.resolve(strict=True)
    except FileNotFoundError as error:
        # An empty database in place of a lost one would look like data loss that nobody noticed.
        reden = f"{place} wijst naar een map die weg is; haal de koppeling weg om leeg te beginnen"
        raise unavailable(reden) from error


def _claim(home: Home, place: Path) -> None:
    """Let a moved folder keep its cluster, and refuse to let a copied one share it."""
    record = home.folder / "belongs-to"
    known = Path(record.read_text("utf-8", "surrogateescape")) if record.exists() else None
    if known == place:
        return
    if known and _leads_to(known, home) and not known.parent.samefile(place.parent):
        raise unavailable(f"{place} is gekopieerd van {known}; haal de koppeling in de kopie weg")
    home.account.write(record, str(place))


def _leads_to(place: Path, home: Home) -> bool:
    return place.is_symlink() and place.resolve() == home.folder
