"""What the system knows about a process: whether it lives, and whether it serves our folder."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

_PROC = Path("/proc")


def works_on(pid: int, data: Path) -> bool:
    """Whether this process is a PostgreSQL whose working folder is ``data``.

    A zombie has no working folder any more, and another account's is not shown to us: neither is
    our server. Without /proc (macOS) the pid file has to be believed.
    """
    if not _PROC.joinpath("self").exists():
        return is_alive(pid)
    process = _PROC / str(pid)
    try:
        program = (process / "exe").readlink().name.removesuffix(" (deleted)")
        return program == "postgres" and process.joinpath("cwd").samefile(data)
    except OSError:
        return False


def all_pids() -> list[int]:
    """Give every process there is; none without /proc."""
    if not _PROC.is_dir():
        return []
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal()]


def is_alive(pid: int) -> bool:
    """Whether this is a process that we may signal, and not one that waits to be buried."""
    try:
        os.kill(pid, 0)
        state = (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except (ProcessLookupError, PermissionError):
        return False
    except OSError:
        return not _PROC.joinpath("self").exists()
    return state[0] != "Z"


def send(pid: int, how: signal.Signals) -> None:
    """Signal a process that may just have gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, how)
