"""A part's log: appended to by the part itself, and never larger than two bounded files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import BinaryIO

_MOST_BYTES = 8 * 1024 * 1024


def open_log(path: Path) -> BinaryIO:
    """Open a log for a part to append to, readable by its owner alone."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def trim_log(path: Path) -> None:
    """Move a log that has grown too large aside; the part goes on writing in the same file.

    What it writes between the copy and the cut is lost: a log is no ledger.
    """
    if not path.exists() or path.stat().st_size <= _MOST_BYTES:
        return
    shutil.copyfile(path, path.with_name(path.name + ".1"))
    os.truncate(path, 0)
