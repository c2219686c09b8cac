"""Whether the sandbox's two ports are free."""

from __future__ import annotations

import errno
import socket
from time import monotonic, sleep

from exchange.sandbox.setup.folder import trouble

_PATIENCE_SECONDS = 3.0
_PAUSE_SECONDS = 0.1


def require_free(host: str, *ports: int) -> None:
    """Raise ``Unavailable`` naming the first port that stays taken by somebody else."""
    deadline = monotonic() + _PATIENCE_SECONDS
    for port in ports:
        while (why := _why_not(host, port)) is not None:
            if monotonic() > deadline:
                raise trouble(f"poort {port} {why}; kies een andere met --port")
            sleep(_PAUSE_SECONDS)


def _why_not(host: str, port: int) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            return "is bezet" if taken else f"is niet te gebruiken ({error.strerror})"
    return None
