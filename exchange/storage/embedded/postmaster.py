"""The server process: is it there, start it, end it, and end what it left behind.

The server's own pid file says which process it is; whether that process still is a PostgreSQL on
this very folder we ask the system, because a pid outlives its owner and is given out again.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from exchange.storage.embedded.binaries import MAJOR_VERSION
from exchange.storage.embedded.complaint import complaint, unavailable
from exchange.storage.embedded.home import Home
from exchange.storage.embedded.processes import all_pids, is_alive, send, works_on

_SETTLE_SECONDS = 60.0
_GENTLE_SECONDS = 8.0
_END_SECONDS = 10.0
_PAUSE_SECONDS = 0.01
_LOG_BYTES = 8 * 1024 * 1024

# The shell goes at once and leaves the server to the system: no zombie of ours, and no server that
# ends with us. It is the server's account that opens the log.
_LAUNCH = 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!'


@dataclass(frozen=True, slots=True)
class Running:
    """What the pid file of a living server says."""

    pid: int
    socket_folder: Path | None
    is_ready: bool


def running(data: Path) -> Running | None:
    """Give the server that runs on this folder, ready or not; None if there is none."""
    try:
        lines = (data / "postmaster.pid").read_text("utf-8", "surrogateescape").splitlines()
        pid = int(lines[0])
    except (OSError, ValueError, IndexError):
        return None
    if not works_on(pid, data):
        return None
    socket_folder = Path(lines[4]) if len(lines) > 4 and lines[4] else None
    return Running(pid, socket_folder, len(lines) > 7 and lines[7].strip() == "ready")


def await_settled(data: Path) -> None:
    """Wait while a server starts, recovers or stops: until it is ready or gone."""
    for _ in _moments(_SETTLE_SECONDS):
        found = running(data)
        if found is None or found.is_ready:
            return
    raise unavailable("de server wordt niet klaar met starten of stoppen")


def start(home: Home, postgres: Path) -> None:
    """Start a server and wait until it takes connections.

    Raises:
        Unavailable: it went, or did not get ready; ``reden`` is the server's own last word.
    """
    _check_version(home.data)
    _trim(home.log)
    home.account.run("rm", "-f", "--", home.data / "postmaster.pid")
    seen = home.log.stat().st_size if home.log.exists() else 0
    command = ("/bin/sh", "-c", _LAUNCH, "sh", home.log, postgres, "-D", home.data)
    pid = int(home.account.run(*command))
    for _ in _moments(_SETTLE_SECONDS):
        found = running(home.data)
        if found and found.pid == pid and found.is_ready:
            return
        if not is_alive(pid):
            said = home.log.read_bytes()[seen:].decode("utf-8", "replace")
            raise unavailable(complaint(said) or "de server stopte meteen weer")
    raise unavailable("de server wordt niet klaar met starten")


def stop(data: Path) -> None:
    """End the server on this folder, gently first, and whatever an earlier one left.

    The patience is short: PostgreSQL 18 never ends on a SIGINT that comes while it recovers from a
    crashed session. A SIGQUIT always works, and costs no more than a recovery at the next start.
    """
    for how, patience in ((signal.SIGINT, _GENTLE_SECONDS), (signal.SIGQUIT, _END_SECONDS)):
        found = running(data)
        if found is None:
            break
        send(found.pid, how)
        for _ in _moments(patience):
            if not works_on(found.pid, data):
                break
    _end_leftovers(data)


def _end_leftovers(data: Path) -> None:
    """Kill what still works on this folder without a server: sessions in a long computation.

    They hold the old shared memory, and a new server refuses to start until they are gone. Nothing
    is lost by it: they can no longer commit, and recovery starts from the write-ahead log.
    """
    for _ in _moments(_END_SECONDS):
        leftovers = [pid for pid in all_pids() if works_on(pid, data)]
        if not leftovers:
            return
        for pid in leftovers:
            send(pid, signal.SIGKILL)
    raise unavailable("processen van een eerdere server gaan niet weg")


def _moments(seconds: float) -> Iterator[None]:
    deadline = time.monotonic() + seconds
    yield
    while time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
        yield


def _check_version(data: Path) -> None:
    found = (data / "PG_VERSION").read_text("utf-8").strip()
    if found != MAJOR_VERSION:
        raise unavailable(f"de gegevens zijn van versie {found}, dit is {MAJOR_VERSION}")


def _trim(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
