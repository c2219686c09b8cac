"""The receiver's journal: one JSON line for every message, on disk before anybody is told.

The gateway delivers at least once; a berichtId that stands here already is never written again. A
line is ASCII (JSON escapes), so that no reader can see another line end in it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import UUID

from adapters.complaint import out_of_service
from adapters.keys.file.durable import make_folder, sync_folder
from exchange.errors import Unavailable

_ROLE = "journaal van de ontvanger"
_PRIVATE_FILE = 0o600
_CLOSED = -1


class Journal:
    """The open journal, for this process alone (``flock``); it holds personal data: mode 600.

    ``removed_bytes`` tells how much of a half-written last line was cut off when it was opened, and
    ``unreadable_lines`` how many whole lines make no sense; those stay. Raises ``Unavailable`` when
    the disk does not take or give what it should.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _CLOSED
        self._open()

    def __contains__(self, bericht_id: UUID) -> bool:
        return bericht_id in self._known

    def append(
        self, bericht_id: UUID, soort: str, received_at: datetime, content: Mapping[str, object]
    ) -> None:
        """Write one line and wait until it is on disk; on failure nothing of it is left."""
        line = {
            "berichtId": str(bericht_id),
            "soort": soort,
            "ontvangenOp": received_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "inhoud": dict(content),
        }
        data = json.dumps(line, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"
        if not self._in_place():
            self.close()
            self._open()
        try:
            self._write(data)
        except OSError as error:
            self._undo()
            raise _unusable(self._path) from error
        self._size += len(data)
        self._known.add(bericht_id)

    def close(self) -> None:
        """Let go of the file and of the lock on it."""
        if self._file != _CLOSED:
            os.close(self._file)
            self._file = _CLOSED

    def _open(self) -> None:
        self._known: set[UUID] = set()
        self.unreadable_lines = 0
        try:
            make_folder(self._path.parent)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, _PRIVATE_FILE)
        except OSError as error:
            raise _unusable(self._path) from error
        try:
            self._lock_and_mend()
        except BaseException:
            self.close()
            raise

    def _lock_and_mend(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._size = self._read()
            self.removed_bytes = os.fstat(self._file).st_size - self._size
            os.ftruncate(self._file, self._size)
            os.fsync(self._file)  # a line may be whole but not on disk yet: it will be acknowledged
            sync_folder(self._path.parent)
        except BlockingIOError as error:
            remedy = f"Een andere ontvanger schrijft in {self._path}: stop die eerst."
            raise out_of_service(_ROLE, remedy) from error
        except OSError as error:
            raise _unusable(self._path) from error

    def _read(self) -> int:
        """Learn the ids; give where the last whole line ends: what follows was not acknowledged."""
        end = 0
        with self._path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                end += len(line)
                self._learn(line)
        return end

    def _learn(self, line: bytes) -> None:
        try:
            self._known.add(UUID(json.loads(line)["berichtId"]))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self.unreadable_lines += 1

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._file, data) :]
        os.fsync(self._file)

    def _undo(self) -> None:
        """Cut off what was written in vain; the next line opens the file anew, and looks at it."""
        with suppress(OSError):
            os.ftruncate(self._file, self._size)
        self.close()

    def _in_place(self) -> bool:
        """Whether our file is still the one under this name; if not, nobody would find the line."""
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._file))
        except OSError:
            return False


def _unusable(path: Path) -> Unavailable:
    return out_of_service(_ROLE, f"{path} is niet te lezen of te schrijven: controleer de schijf.")
