"""Takes over a Unix socket on which the service manager already listens (systemd's LISTEN_FDS).

Such a socket outlives us: what knocks while one gateway makes place for the next waits in it.
"""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

_FIRST = 3


def inherited(path: Path, environment: Mapping[str, str], pid: int) -> socket.socket | None:
    """Give the socket at ``path`` that this process was started with; None when there is none.

    Descriptors are counted from 3 on and are meant for the process that LISTEN_PID names
    (sd_listen_fds(3)); of others in our place we stay away.
    """
    if environment.get("LISTEN_PID") != str(pid):
        return None
    count = environment.get("LISTEN_FDS", "")
    given = range(_FIRST, _FIRST + int(count)) if count.isdecimal() else ()
    return next((found for number in given if (found := _at(path, number))), None)


def _at(path: Path, descriptor: int) -> socket.socket | None:
    try:
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            return None  # fromfd would copy it before it finds out, and keep the copy
        with closing(socket.fromfd(descriptor, socket.AF_UNIX, socket.SOCK_STREAM)) as found:
            return found.dup() if found.getsockname() == str(path) else None
    except OSError:
        return None
