"""What the kernel counted: CPU time of our processes and of the whole machine, and peak memory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU seconds; ``busy`` is all that the machine did, whoever asked for it."""

    servers: float
    postgres: float
    workers: float
    busy: float

    def since(self, earlier: Spent) -> Spent:
        """Give what was spent in between."""
        return Spent(
            self.servers - earlier.servers,
            self.postgres - earlier.postgres,
            self.workers - earlier.workers,
            self.busy - earlier.busy,
        )


def of_processes(pids: Iterable[int]) -> float:
    """Give the CPU seconds of processes; one that has gone counts as nothing."""
    return sum(_own(pid) for pid in pids)


def of_family(pid: int) -> float:
    """Give those of a process, of its living children, and of those that it has buried."""
    seconds, children = _own(pid, buried=True), ""
    with suppress(OSError):
        children = (_PROC / f"{pid}/task/{pid}/children").read_text()
    return seconds + sum(_own(int(child)) for child in children.split())


def of_machine() -> float:
    """Give the CPU seconds that were not idle, of all cores together (guests stand twice)."""
    first = (_PROC / "stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _waiting, irq, soft, *_ = map(int, first)
    return (user + nice + system + irq + soft) / _TICK


def memory_mib(pid: int, what: str = "VmRSS") -> float:
    """Give a figure of a process's status, ``VmRSS`` or ``VmHWM``."""
    found = re.search(rf"^{what}:\s+(\d+) kB$", (_PROC / f"{pid}/status").read_text(), re.MULTILINE)
    if found is None:
        raise SystemExit(f"process {pid} has no {what}")
    return int(found[1]) / 1024


def forget_peak(pid: int) -> None:
    """Let the peak of a process's memory begin at what it has now."""
    (_PROC / f"{pid}/clear_refs").write_text("5")


def _own(pid: int, *, buried: bool = False) -> float:
    try:
        fields = (_PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11 : 15 if buried else 13])) / _TICK
