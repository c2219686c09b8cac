"""A file of JSON lines that only grows; a line that was written survives whatever comes next."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from adapters.complaint import out_of_service
from adapters.keys.file.durable import make_folder, sync_folder
from exchange.errors import Unavailable

_ROLE = "administratie van de aanlevering"
_PRIVATE_FILE = 0o600


class DurableLines:
    """The open file, for this process alone (``flock``) and its owner alone (mode 600).

    A last line that a crash left half-written is cut off. Raises ``Unavailable`` when the disk
    does not take or give what it should, or another sender has the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            make_folder(path.parent)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, _PRIVATE_FILE)
        except OSError as error:
            raise self._unusable() from error
        try:
            self._lock_and_mend()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[bytes]:
        """Give every line that was there when it was opened, and those written since."""
        with self._path.open("rb") as file:
            yield from file

    def append(self, line: bytes) -> None:
        """Write one line, which has no line end within it, and wait until it is on disk."""
        data = line + b"\n"
        try:
            while data:
                data = data[os.write(self._file, data) :]
            os.fsync(self._file)
        except OSError as error:
            raise self._unusable() from error

    def close(self) -> None:
        """Let go of the file and of the lock on it."""
        os.close(self._file)

    def _lock_and_mend(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            whole = 0
            for line in self:
                whole += len(line) if line.endswith(b"\n") else 0
            os.ftruncate(self._file, whole)
            os.fsync(self._file)
            sync_folder(self._path.parent)
        except BlockingIOError as error:
            remedy = f"Een andere aanlevering schrijft in {self._path}: wacht tot die klaar is."
            raise out_of_service(_ROLE, remedy) from error
        except OSError as error:
            raise self._unusable() from error

    def _unusable(self) -> Unavailable:
        remedy = f"{self._path} is niet te lezen of te schrijven: controleer de schijf."
        return out_of_service(_ROLE, remedy)
