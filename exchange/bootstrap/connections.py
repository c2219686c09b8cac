"""Lets the workers hold a connection for every recipient, however many of them hang."""

from __future__ import annotations

import resource
from typing import Final

WANTED: Final = 8192
"""Open files: a connection for each party that a register could hold, a few more for those that
answer (``workers/forwarder.py``), and our own."""


def allow_connections() -> int:
    """Raise this process's soft limit of open files to ``WANTED``, if its hard limit lets it.

    Give the limit that holds. The usual soft limit of 1,024 is less than there are gemeenten,
    samenwerkingsverbanden and colleges together.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        return allowed
    return soft
