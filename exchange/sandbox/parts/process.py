"""One part as a process that cannot outlive us: it stops when its standard input ends."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import exchange
from exchange.sandbox.parts.logfile import open_log

_CODE = Path(exchange.__file__).resolve().parents[1]


class Process:
    """A running ``exchange <command> --with-parent``.

    We hold the other end of its standard input, so the system closes it even when we are killed.
    It has a session of its own: a Ctrl-C is for us, and we stop the parts in their order. ``keep``
    is a descriptor that it holds open as long as it lives.
    """

    def __init__(self, command: Sequence[str], log: Path, keep: int) -> None:
        with open_log(log) as output:
            self._process = subprocess.Popen(
                (sys.executable, "-m", "exchange", *command, "--with-parent"),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=_CODE,  # where -m looks first: the same code as ours, wherever we were started
                start_new_session=True,
                pass_fds=(keep,),
                umask=0o077,  # also what is published elsewhere stays in its owner's folder
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    @property
    def ended_by(self) -> str:
        """How it ended, in words."""
        code = self._process.returncode
        return f"signaal {-code}" if code < 0 else f"code {code}"

    def ask_to_stop(self) -> None:
        """Ask it to stop."""
        self._process.terminate()

    def stop(self, patience_seconds: float) -> None:
        """Ask it to stop, and end it when it takes too long."""
        self.ask_to_stop()
        try:
            self._process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.release()

    def release(self) -> None:
        """Let go of its standard input."""
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
