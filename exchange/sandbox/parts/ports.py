"""Whether the sandbox's two ports are free."""

from __future__ import annotations

import errno
import socket

from exchange.sandbox.setup.folder import trouble


def require_free(host: str, *ports: int) -> None:
    """Raise ``Unavailable`` naming the first port that somebody else has taken."""
    for port in ports:
        why = _why_not(host, port)
        if why is not None:
            raise trouble(f"poort {port} {why}; kies een andere met --port")


def _why_not(host: str, port: int) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            return "is bezet" if taken else f"is niet te gebruiken ({error.strerror})"
    return None
