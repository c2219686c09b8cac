"""The sandbox's folder: private, and used by one sandbox and its parts at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from exchange.errors import Code, Unavailable
from exchange.sandbox.layout import Layout

_PAUSE_SECONDS = 0.05


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[Layout]:
    """Make the folder if it is not there, and keep every other sandbox out until the block ends.

    Raises ``Unavailable`` when a sandbox runs there, or the folder cannot be used.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        layout = Layout(folder.resolve())
        for place in (layout.logs, layout.pki, layout.receivers):
            place.mkdir(mode=0o700, exist_ok=True)
        descriptor = _open(layout.root)
    except OSError as error:
        raise trouble(f"{folder}: {error.strerror}") from error
    try:
        if not _take(descriptor):
            raise trouble(f"in {layout.root} draait al een sandbox")
        yield layout
    finally:
        os.close(descriptor)


def is_held(layout: Layout) -> bool:
    """Say whether a sandbox runs in this folder. Raises ``Unavailable`` when there is none."""
    try:
        descriptor = _open(layout.root)
    except OSError as error:
        raise trouble(f"{layout.root}: {error.strerror}") from error
    try:
        return not _take(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def leash(layout: Layout, patience_seconds: float = 20.0) -> Iterator[int]:
    """Give a descriptor for every part to keep open; waits for the parts of a killed sandbox.

    The lock goes with the last process that has it. So parts that outlive their sandbox by a few
    seconds never work beside those of the next.
    """
    descriptor = _open(layout.logs)
    try:
        deadline = time.monotonic() + patience_seconds
        while not _take(descriptor):
            if time.monotonic() > deadline:
                raise trouble(f"onderdelen van een eerdere sandbox in {layout.root} gaan niet weg")
            time.sleep(_PAUSE_SECONDS)
        yield descriptor
    finally:
        os.close(descriptor)


def trouble(reden: str) -> Unavailable:
    """Give the error that ends the command with one line."""
    return Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=reden)


def _open(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
