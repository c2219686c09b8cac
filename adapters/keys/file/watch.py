"""Says whether a folder still has the names that it had, in one cheap call.

Whatever makes, replaces or removes a name in a folder gives the folder another moment of change
(ctime), which nobody can set. The moment is that of a clock with ticks, so a folder that changed
just now may change again without showing it: of that one nothing is said.
"""

from __future__ import annotations

import os
import time
import weakref
from pathlib import Path

TICK_NANOSECONDS = 1_000_000_000
"""No file system's clock is coarser, as far as we know; a folder that is older than this rests."""

_MINUTE_NANOSECONDS = 60_000_000_000
_READ = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class FolderWatch:
    """A folder held open: asking it costs half of what asking by its name does.

    It is opened anew once a tick, so that another folder put in its place is found too.
    """

    __slots__ = ("__weakref__", "_descriptor", "_opened_at", "_path")

    def __init__(self, path: Path) -> None:
        self._path = os.fspath(path)
        self._descriptor = os.open(path, _READ)
        self._opened_at = time.time_ns()
        weakref.finalize(self, os.close, self._descriptor)

    def resting_state(self) -> tuple[int, int, int] | None:
        """Give what stays the same as long as no name comes or goes; ``None`` while that may be.

        It is another after a minute, all the same: a file that somebody overwrote in place changes
        no name. Nothing is said of a folder that is gone: who looks for a file there will hear it.
        """
        now = time.time_ns()
        try:
            if not 0 <= now - self._opened_at < TICK_NANOSECONDS:
                self._open_anew(now)
            status = os.fstat(self._descriptor)
        except OSError:
            return None
        changed_at = status.st_ctime_ns
        if now - changed_at <= TICK_NANOSECONDS:
            return None
        return status.st_ino, changed_at, now // _MINUTE_NANOSECONDS

    def _open_anew(self, now: int) -> None:
        """Put the folder that stands there now under the same descriptor, in one step."""
        descriptor = os.open(self._path, _READ)
        os.dup2(descriptor, self._descriptor, inheritable=False)
        os.close(descriptor)
        self._opened_at = now
