"""Writes small secret files so that a power cut leaves either what was or what will be."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700


def make_folder(folder: Path) -> None:
    """Make ``folder`` for us alone, on disk with every parent that had to be made for it."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    for path in missing:
        sync_folder(path.parent)


def create_once(path: Path, content: bytes) -> None:
    """Make ``path`` with ``content``, whole and on disk, unless it exists: then that one counts."""
    with _written(path, content) as temporary, suppress(FileExistsError):
        path.hardlink_to(temporary)  # fails where a rename would replace
    sync_folder(path.parent)


def replace(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of ``path``, at once, and overwrite what stood there.

    Overwriting is best effort: a journal, a snapshot or a flash drive may keep the old blocks.
    """
    with _descriptor(path, os.O_RDWR) if path.exists() else nullcontext() as old:
        with _written(path, content) as temporary:
            temporary.replace(path)
        sync_folder(path.parent)
        if old is not None:
            os.pwrite(old, bytes(os.fstat(old).st_size), 0)
            os.fsync(old)


def sync_folder(folder: Path) -> None:
    """Wait until the names in ``folder`` are on disk."""
    with _descriptor(folder, os.O_RDONLY | os.O_DIRECTORY) as descriptor:
        os.fsync(descriptor)


@contextmanager
def _written(path: Path, content: bytes) -> Iterator[Path]:
    """Give a file beside ``path`` with ``content`` on disk, for the moment in which it is named."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with _descriptor(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as descriptor:
            _write_all(descriptor, content)
            os.fsync(descriptor)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


@contextmanager
def _descriptor(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags, _PRIVATE_FILE)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
