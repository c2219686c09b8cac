"""Orders to kill: a test writes one, the process that passes the named point carries it out.

An order is a file, so that giving one needs no word with the process that is about to die; it is
renamed before anything dies, so that it is carried out once, however often that process returns.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

POSTGRES = "postgres"
_PROC = Path("/proc")
_GONE_SECONDS = 5.0


@dataclass(frozen=True)
class Order:
    """Kill ``victims`` when ``point`` is passed for the ``passage``-th time from now on.

    ``drop``: what was being received at that point is lost with its sender.
    """

    point: str
    passage: int
    victims: tuple[str, ...]
    drop: bool = False


@dataclass(frozen=True)
class Scene:
    """The folder in which orders are given, and where every part's process id stands."""

    folder: Path

    def prepare(self) -> None:
        """Make the folder."""
        self.folder.mkdir()

    def give(self, part: str, order: Order) -> None:
        """Leave an order for ``part``."""
        assert not self._order(part).exists(), "the last order still stands"
        self._done(part).unlink(missing_ok=True)
        draft = self.folder / f"{part}.draft"
        draft.write_text(json.dumps(asdict(order)))
        draft.replace(self._order(part))

    def done(self, part: str) -> bool:
        """Whether the last order for ``part`` was carried out."""
        return self._done(part).exists()

    def withdraw(self, part: str) -> None:
        """Take back an order that was not carried out."""
        self._order(part).unlink(missing_ok=True)

    def standing(self, part: str) -> Order | None:
        """Give the order that ``part`` has not carried out yet."""
        try:
            given = json.loads(self._order(part).read_bytes())
        except FileNotFoundError:
            return None
        return Order(**{**given, "victims": tuple(given["victims"])})

    def carried_out(self, part: str) -> None:
        """Note that the order of ``part`` is being carried out."""
        self._order(part).rename(self._done(part))

    def note_pid(self, name: str, pid: int) -> None:
        """Note the process id of a part."""
        draft = self.folder / f"{name}.pid-draft"
        draft.write_text(str(pid))
        draft.replace(self.folder / f"{name}.pid")

    def note_data_folder(self, data: Path) -> None:
        """Note where PostgreSQL says its process id."""
        (self.folder / "data-folder").write_text(str(data))

    def kill(self, *victims: str) -> None:
        """SIGKILL these parts; whoever orders its own death dies last."""
        for victim in sorted(victims, key=lambda name: self._pid(name) == os.getpid()):
            if victim == POSTGRES:
                _kill_family(self._pid(POSTGRES))
            else:
                _send(self._pid(victim))

    def _pid(self, name: str) -> int | None:
        path = self.folder / f"{name}.pid"
        if name == POSTGRES:
            path = Path((self.folder / "data-folder").read_text()) / "postmaster.pid"
        try:
            return int(path.read_text("utf-8", "replace").splitlines()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def _order(self, part: str) -> Path:
        return self.folder / f"{part}.order"

    def _done(self, part: str) -> Path:
        return self.folder / f"{part}.done"


class Obedience:
    """Carries out the orders for one part, from within its process."""

    def __init__(self, scene: Scene, part: str) -> None:
        self.part = part
        self._scene = scene
        self._order: Order | None = None
        self._passages = 0

    def at(self, point: str) -> bool:
        """Count a passage of ``point`` and kill whom the order names; True to drop what came in."""
        order = self._scene.standing(self.part)
        if order != self._order:
            self._order, self._passages = order, 0
        if order is None or order.point != point:
            return False
        self._passages += 1
        if self._passages < order.passage:
            return False
        self._scene.carried_out(self.part)
        self._scene.kill(*order.victims)
        return order.drop


def _kill_family(postmaster: int | None) -> None:
    """SIGKILL the postmaster and every child of it, and wait until they are gone.

    It is stopped first, so that it sees none of them die; nobody has a last word.
    """
    if postmaster is None:
        return
    _send(postmaster, signal.SIGSTOP)
    family = [*_children(postmaster), postmaster]
    for pid in family:
        _send(pid, signal.SIGKILL)
    deadline = time.monotonic() + _GONE_SECONDS
    while any(map(_runs, family)) and time.monotonic() < deadline:
        time.sleep(0.001)


def _children(parent: int) -> Iterator[int]:
    """Give the children of a process. Where there is no /proc they follow their postmaster."""
    for entry in _PROC.glob("[0-9]*/stat"):
        fields = _after_name(entry)
        if fields and int(fields[1]) == parent:
            yield int(entry.parent.name)


def _runs(pid: int) -> bool:
    return _after_name(_PROC / str(pid) / "stat")[:1] not in ([], ["Z"], ["X"])


def _after_name(stat: Path) -> list[str]:
    """Give the fields of /proc/PID/stat from the state on; a name may hold spaces."""
    try:
        return stat.read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []


def _send(pid: int | None, what: signal.Signals = signal.SIGKILL) -> None:
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, what)
