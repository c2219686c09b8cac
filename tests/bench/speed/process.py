"""A process that we started: it goes when we do, and what it said can be read."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.flow.installation import CODE

_PATIENCE_SECONDS = 60.0


@dataclass
class Process:
    """One that we started; it ends when its standard input does."""

    name: str
    command: list[str]
    log: Path
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as said:
            self.running = subprocess.Popen(
                self.command, cwd=CODE, stdin=subprocess.PIPE, stdout=said, stderr=said
            )

    def stop(self) -> None:
        """Let it end by itself."""
        if self.running is None:
            return
        stdin: IO[bytes] | None = self.running.stdin
        if stdin is not None:
            stdin.close()
        try:
            self.running.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()
        self.running = None

    @property
    def pid(self) -> int:
        """Its process id, or 0 when it does not run."""
        return self.running.pid if self.running else 0

    def last_fault(self) -> str:
        """Give the last line in which it said that something is its own fault."""
        lines = self.log.read_text(errors="replace").splitlines()
        return next((line[-600:] for line in reversed(lines) if '"fault"' in line), "")

    def require_alive(self) -> None:
        """Say what it said if it has gone."""
        if self.running is None or self.running.poll() is not None:
            tail = self.log.read_text(errors="replace")[-2000:]
            raise SystemExit(f"{self.name} has gone: {tail}")
