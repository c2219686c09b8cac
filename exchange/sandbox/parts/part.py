"""One part of the sandbox that should run: started again when it dies, a little later each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from exchange.sandbox.parts.logfile import trim_log
from exchange.sandbox.parts.process import Process
from exchange.sandbox.screen.board import Board, State

_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0
_SETTLED_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class PartPlan:
    """What to run under which name, and how long it may take to stop."""

    name: str
    command: Sequence[str]
    log: Path
    stop_seconds: float = 5.0


class Part:
    """Keeps one process alive; ``board`` shows what happens."""

    def __init__(self, plan: PartPlan, keep: int, board: Board) -> None:
        self.plan = plan
        self._keep = keep
        self._board = board
        self._process: Process | None = None
        self._pause = _FIRST_PAUSE_SECONDS
        self._started_at = self._next_start = 0.0

    def look(self) -> None:
        """Start it, the first time or after its pause; to be called several times a second."""
        if self._process is not None and not self._process.is_alive:
            self._mourn(self._process)
        if self._process is None and monotonic() >= self._next_start:
            self._start()
        trim_log(self.plan.log)

    def restart(self) -> None:
        """End the process at once; ``look`` starts the next one."""
        if self._process is not None:
            self._process.stop(patience_seconds=1.0)

    def ask_to_stop(self) -> None:
        """Ask the process to stop, and do not wait for it."""
        if self._process is not None:
            self._process.ask_to_stop()

    def stop(self) -> None:
        """Stop the process for good."""
        if self._process is not None:
            self._process.stop(self.plan.stop_seconds)
            self._process = None
        self._board.part(self.plan.name, State.GESTOPT)

    def _start(self) -> None:
        try:
            self._process = Process(self.plan.command, self.plan.log, self._keep)
        except OSError as error:  # no memory or no process left: that may pass
            self._wait(error.strerror or type(error).__name__)
            return
        self._started_at = monotonic()
        self._board.part(self.plan.name, State.DRAAIT, pid=self._process.pid)

    def _mourn(self, process: Process) -> None:
        process.release()
        self._process = None
        if monotonic() - self._started_at > _SETTLED_SECONDS:
            self._pause = _FIRST_PAUSE_SECONDS
        self._wait(process.ended_by)

    def _wait(self, why: str) -> None:
        self._next_start = monotonic() + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
        self._board.part(self.plan.name, State.HERSTART, why=why)
