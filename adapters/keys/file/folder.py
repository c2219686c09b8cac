"""Keeps each root secret in a file of its own, wrapped; one name is absent, a key or a tombstone.

`vestiging.99AA00.2026-2027.key`, `pseudonym.2026-2027.key`, `gateway.log.key`, `signing.0001.key`,
and `signing.0001.public` for the public half of a signing key that was rotated away. A recipient's
later pseudonyms have `pseudonym.<OIN>.2026-2027.0002.key`. A tombstone takes the place of the key
under the same name, in one rename, so that there is no moment in which a destroyed key could be
made again: making is a hard link, which fails where anything stands.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from adapters.complaint import out_of_service
from adapters.keys.file.durable import create_once, replace, sync_folder
from adapters.keys.file.watch import TICK_NANOSECONDS, FolderWatch
from adapters.keys.inventory import Standing
from adapters.keys.store import Stamp
from exchange.crypto.canonical import canonical, strict_json
from exchange.crypto.keyring import RootSecret
from exchange.crypto.wrapping import KeyEncryptionKey
from exchange.errors import Fault, KeyDestroyed

_TOMBSTONE = b"vernietigd\n"
_GARBLED = "Het bestand is beschadigd of hoort bij een andere hoofdsleutel: zet het juiste terug."
_UNREACHABLE = "De sleutelmap is niet te lezen of te schrijven: controleer schijf, map en rechten."


class RootFolder:
    """A ``RootStore`` in one folder that several processes of one machine share."""

    def __init__(self, folder: Path, kek: KeyEncryptionKey) -> None:
        self._folder = folder
        self._prefix = os.fspath(folder / "_")[:-1]
        self._kek = kek
        self.resting_state = FolderWatch(folder).resting_state  # asked at every use of a key
        self._settled: int | None = None

    def stamp(self, name: str) -> Stamp | None:
        """Say which file stands under ``name`` now."""
        try:
            status = os.stat(f"{self._prefix}{name}.key")  # noqa: PTH116  a Path costs more than the call
        except FileNotFoundError:
            return None
        except OSError as error:
            raise out_of_service(_role(name), _UNREACHABLE) from error
        return _stamp(status)

    def load(self, name: str, *, make: bool) -> tuple[Stamp, RootSecret]:
        """Give the root ``name``, which is on disk by then, whoever made it."""
        with _answering(name):
            content = self._read(name)
            while content is None:
                if not make:
                    raise Fault("key-missing")
                create_once(self._path(name), self._kek.wrap(RootSecret.fresh().reveal(), name))
                content = self._read(name)
            self._settle()  # who made it may not have come so far yet
        stamp, wrapped = content
        if wrapped == _TOMBSTONE:
            raise KeyDestroyed
        return stamp, RootSecret(self._unwrapped(wrapped, name))

    def destroy(self, name: str) -> None:
        """Put a tombstone in the place of the root, then overwrite what stood there."""
        with _answering(name):
            replace(self._path(name), _TOMBSTONE)

    def note(self, name: str, jwk: dict[str, str]) -> None:
        """Keep a public key, wrapped too: nobody without the passphrase can add one."""
        with _answering(name):
            create_once(self._note_path(name), self._kek.wrap(canonical(jwk), f"{name}.public"))

    def noted(self, name: str) -> dict[str, str]:
        """Give the public key that ``note`` kept."""
        with _answering(name):
            wrapped = self._note_path(name).read_bytes()
        jwk = strict_json(self._unwrapped(wrapped, f"{name}.public"))
        if not isinstance(jwk, dict):
            raise out_of_service(_role(name), _GARBLED)
        return jwk

    def standing(self) -> Iterator[Standing]:
        """Give what each key file says without opening it; its age is that of the file."""
        with _answering("*"), os.scandir(self._folder) as entries:
            for entry in entries:
                name, ending = os.path.splitext(entry.name)  # noqa: PTH122  of a name, not of a path
                if ending == ".key" and not name.startswith("."):
                    status = entry.stat()
                    since = datetime.fromtimestamp(status.st_mtime, UTC)
                    yield Standing(name, status.st_size == len(_TOMBSTONE), since)

    def _settle(self) -> None:
        """Wait until every name in the folder is on disk; once, as long as no name comes or goes.

        A folder that changed just now may change again within the same tick of its clock.
        """
        changed = self._folder.stat().st_mtime_ns
        if changed == self._settled:
            return
        sync_folder(self._folder)
        if time.time_ns() - changed > TICK_NANOSECONDS:
            self._settled = changed

    def _read(self, name: str) -> tuple[Stamp, bytes] | None:
        """Give the file and the stamp of exactly what was read.

        A file whose name went to another meanwhile may have been overwritten under our eyes.
        """
        while True:
            try:
                with self._path(name).open("rb") as file:
                    stamp, content = _stamp(os.fstat(file.fileno())), file.read()
            except FileNotFoundError:
                return None
            if self.stamp(name) == stamp:
                return stamp, content

    def _unwrapped(self, wrapped: bytes, name: str) -> bytes:
        try:
            return self._kek.unwrap(wrapped, name)
        except Fault as error:
            raise out_of_service(_role(name), _GARBLED) from error

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.key"

    def _note_path(self, name: str) -> Path:
        return self._folder / f"{name}.public"


@contextmanager
def _answering(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise out_of_service(_role(name), _UNREACHABLE) from error


def _stamp(status: os.stat_result) -> Stamp:
    return (status.st_ino, status.st_mtime_ns)


def _role(name: str) -> str:
    return f"sleutel {name}"
