"""One at a time: only one process makes, starts or stops the cluster of a folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from exchange.storage.embedded.complaint import unavailable

_PATIENCE_SECONDS = 90.0
_PAUSE_SECONDS = 0.02


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[int]:
    """Hold the folder until the block ends, or our process does, however it ends.

    Yields the descriptor: a child that keeps it open holds the folder too, so that an initdb
    whose parent was killed is waited for rather than disturbed.

    Raises:
        Unavailable: another process held it all the time that we waited.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _take(descriptor)
        yield descriptor
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            if time.monotonic() > deadline:
                raise unavailable("een ander proces houdt de map bezet") from busy
        time.sleep(_PAUSE_SECONDS)
