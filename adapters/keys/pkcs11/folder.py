"""Keeps what the token wrapped, and that a key was made or ended; nothing in it is secret.

`begun` names the token's own keys that this folder belongs to. Each root (as in the file provider)
is a folder with one file per working key: `vestiging.99AA00.2026-2027/mailbox.seal.key`. A file
`end` beside them says that the root was destroyed. `signing.0002.made` says that an object was made
in the token under that name; it is missed, never made again, when the token no longer has it.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from adapters.complaint import out_of_service
from adapters.keys.file.durable import create_once, make_folder, replace, sync_folder
from adapters.keys.inventory import Standing
from exchange.errors import Unavailable

Stamp = tuple[int, int]
TOMBSTONE = b"vernietigd\n"
_ROLE = "sleutelmap"
_BEGUN = "begun"
_END = "end"
_UNREACHABLE = "De sleutelmap is niet te lezen of te schrijven: controleer schijf, map en rechten."


class KeyFolder:
    """A folder that all processes of an installation share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._prefix = os.fspath(folder / "_")[:-1]

    def begin(self) -> None:
        """Make the folder, and the name under which a token will know it, if they are not there."""
        with _answering():
            make_folder(self._folder)
            create_once(self._folder / _BEGUN, secrets.token_hex(16).encode())

    def belongs_to(self) -> bytes:
        """Give the name by which the token knows this folder; nothing when it was not begun."""
        with _answering():
            try:
                return (self._folder / _BEGUN).read_bytes()
            except FileNotFoundError:
                return b""

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other process from making or ending objects in the token meanwhile."""
        with _answering():
            descriptor = os.open(
                self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
        try:
            with _answering():
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def was_made(self, name: str) -> bool:
        """Say whether an object or a root was made under ``name``."""
        return self._stat(f"{name}.made") is not None

    def note_made(self, name: str) -> None:
        """Say so, durably."""
        with _answering():
            create_once(self._folder / f"{name}.made", b"")

    def stamp(self, root: str, key: str) -> Stamp | None:
        """Say which file stands for a working key now; asked at every use."""
        return self._stat(f"{root}/{key}.key")

    def read(self, root: str, key: str) -> tuple[Stamp, bytes] | None:
        """Give a wrapped key that is on disk, whoever wrote it, with its stamp."""
        path = self._folder / root / f"{key}.key"
        with _answering():
            try:
                with path.open("rb") as file:
                    content = _stamp(os.fstat(file.fileno())), file.read()
            except FileNotFoundError:
                return None
            sync_folder(path.parent)
            sync_folder(self._folder)
            return content

    def write(self, root: str, key: str, wrapped: bytes) -> None:
        """Keep a wrapped key, unless there is one by now: then that one counts."""
        with _answering():
            make_folder(self._folder / root)
            create_once(self._folder / root / f"{key}.key", wrapped)

    def has_ended(self, root: str) -> bool:
        """Say whether a root was destroyed."""
        return self._stat(f"{root}/{_END}") is not None

    def end(self, root: str) -> None:
        """Say, durably, that a root is destroyed; then put a tombstone over each of its keys."""
        with _answering():
            folder = self._folder / root
            make_folder(folder)
            create_once(folder / _END, TOMBSTONE)
            for path in sorted(folder.glob("[!.]*.key")):
                if path.read_bytes() != TOMBSTONE:
                    replace(path, TOMBSTONE)

    def forget(self, pattern: str) -> None:
        """Remove roots that no token can open any more."""
        with _answering():
            for folder in sorted(self._folder.glob(pattern)):
                shutil.rmtree(folder)
            sync_folder(self._folder)

    def standing(self) -> Iterator[Standing]:
        """Give every root and every object made in the token; ``end`` and age are of the files."""
        with _answering(), os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.is_dir():
                    ended = self._stat(f"{entry.name}/{_END}")
                    since = ended[1] if ended else entry.stat().st_mtime_ns
                    yield Standing(entry.name, ended is not None, _moment(since))
                elif entry.name.endswith(".made"):
                    name = entry.name.removesuffix(".made")
                    yield Standing(name, since=_moment(entry.stat().st_mtime_ns))

    def _stat(self, name: str) -> Stamp | None:
        try:
            return _stamp(os.stat(self._prefix + name))  # noqa: PTH116  a Path costs more than the call
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreachable() from error


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unreachable() from error


def _unreachable() -> Unavailable:
    return out_of_service(_ROLE, _UNREACHABLE)


def _stamp(status: os.stat_result) -> Stamp:
    return (status.st_ino, status.st_mtime_ns)


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC)
