"""What the load generator is asked to do, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.speed.quantiles import Spread


@dataclass(frozen=True)
class Target:
    """A Unix socket, or a port of this machine with TLS (``ca``, and a certificate and its key)."""

    unix: Path | None = None
    port: int = 0
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True)
class Job:
    """``requests`` is a file as ``write_requests`` makes it; ``again``: sent over and over."""

    target: Target
    requests: Path
    connections: int
    seconds: float
    rate: float | None = None
    again: bool = False
    answers: Path | None = None
    """Where to leave the body of each accepted request, a line each."""

    follow: str | None = None
    """The client-cert of who looks in its mailbox for each accepted message, over and over."""


@dataclass(frozen=True)
class Sent:
    """What came of a job; ``spread`` in milliseconds, ``cpu`` is the generator's own seconds."""

    answered: int
    accepted: int
    statuses: dict[str, int]
    complaint: str
    seconds: float
    cpu: float
    spread: Spread
    seen: Spread | None = None
    """From when it was due until the message was seen in the mailbox, for who follows."""

    found: Spread | None = None
    """The same from its 202 on."""


def write_requests(path: Path, requests: Iterator[bytes]) -> int:
    """Write requests one after the other, each behind its length; give how many."""
    count = 0
    with path.open("wb") as file:
        for request in requests:
            file.write(len(request).to_bytes(4, "big") + request)
            count += 1
    return count


def read_requests(path: Path) -> list[bytes]:
    """Read what ``write_requests`` wrote."""
    content, found, at = path.read_bytes(), list[bytes](), 0
    while at < len(content):
        end = at + 4 + int.from_bytes(content[at : at + 4], "big")
        found.append(content[at + 4 : end])
        at = end
    return found
