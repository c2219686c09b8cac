"""The account that PostgreSQL runs under, and everything that must be done as that account."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from exchange.storage.embedded.complaint import complaint, unavailable

_UNPRIVILEGED = ("postgres", "nobody")
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
_PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Account:
    """A user id and its group.

    As root, whatever happens inside a folder of this account happens through ``run``: a root that
    writes in somebody else's folder can be led elsewhere by a planted link.
    """

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether we have to become this account first."""
        return self.uid != os.geteuid()

    def run(self, *command: str | Path, stdin: str = "", keep: tuple[int, ...] = ()) -> str:
        """Run a command as this account and give what it printed.

        It gets a session of its own (a Ctrl-C is for us, not for the database), an environment
        without anything of ours, and no open files except the descriptors in ``keep``.

        Raises:
            Unavailable: it failed; ``reden`` carries the line in which it said why.
        """
        done = self._spawn(command, stdin, keep)
        if done.returncode != 0:
            why = complaint(done.stderr or done.stdout) or f"status {done.returncode}"
            raise unavailable(f"{Path(command[0]).name} mislukte: {why}")
        return done.stdout

    def can(self, *command: str | Path) -> bool:
        """Whether this command succeeds: the kernel decides, so lists and mounts count too."""
        try:
            return self._spawn(command, "", ()).returncode == 0
        except OSError:
            return False

    def can_enter(self, folder: Path) -> bool:
        """Whether no parent of ``folder``, nor the folder itself, is closed to this account."""
        return self.can("/bin/sh", "-c", 'cd -- "$1"', "sh", folder)

    def make_folder(self, folder: Path) -> None:
        """Make a new folder that only this account can enter."""
        folder.mkdir(mode=0o700)
        self.own(folder)

    def own(self, folder: Path) -> None:
        """Make this account the owner of a folder of ours."""
        if self.is_other:
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)

    def write(self, path: Path, text: str) -> None:
        """Put a file in place at once, readable by this account alone."""
        script = 'cat >"$1.new" && mv -f -- "$1.new" "$1"'
        self.run("/bin/sh", "-c", script, "sh", path, stdin=text)

    def _spawn(
        self, command: tuple[str | Path, ...], stdin: str, keep: tuple[int, ...]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE_SECONDS,
            check=False,
            cwd="/",
            env=_ENVIRONMENT,
            umask=0o077,
            start_new_session=True,
            pass_fds=keep,
            user=self.uid if self.is_other else None,
            group=self.gid if self.is_other else None,
            extra_groups=[] if self.is_other else None,
        )


def choose_account() -> Account:
    """Give the account for a new cluster: our own, but never root, which PostgreSQL refuses.

    Raises:
        Unavailable: we are root, and no unprivileged account exists that we can become.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        account = Account(entry.pw_uid, entry.pw_gid)
        if account.uid != 0 and account.can("/bin/sh", "-c", ":"):
            return account
    names = " of ".join(_UNPRIVILEGED)
    raise unavailable(f"draait niet als root, en er is geen bruikbaar account {names}")


def owner(folder: Path) -> Account:
    """Give the account that a folder belongs to: what it made, it goes on with."""
    status = folder.stat()
    try:
        return Account(status.st_uid, pwd.getpwuid(status.st_uid).pw_gid)
    except KeyError:
        return Account(status.st_uid, status.st_gid)
