"""Notices that a file was replaced, without reading it."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

Marks: TypeAlias = tuple[tuple[int, int, int] | None, ...]


def marks(*paths: Path | None) -> Marks:
    """Give what differs after a file was written or replaced; None for one that is not there."""
    return tuple(_mark(path) for path in paths)


def _mark(path: Path | None) -> tuple[int, int, int] | None:
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size) if found else None
