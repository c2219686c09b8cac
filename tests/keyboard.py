"""A keyboard at which ``exchange`` is typed: every command is a process of its own.

``python -m tests.keyboard`` reads the product once and then forks for each line of JSON on standard
input. What it forks ends as ``python -m exchange`` does; reading the product a hundred times over
would take longer than all that the commands do.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

CODE = Path(__file__).resolve().parents[1]
_PATIENCE_SECONDS = 60


class Keyboard:
    """One command at a time."""

    def __init__(self) -> None:
        self._alone = threading.Lock()
        self._process = subprocess.Popen(
            (sys.executable, "-m", "tests.keyboard"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=CODE,
            text=True,
        )

    def type(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run ``exchange`` with these words, and with our environment, to its end."""
        with self._alone, tempfile.TemporaryDirectory(prefix="vx-typed-") as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            code = self._ask([[*words], dict(os.environ), str(out), str(err)])
            return subprocess.CompletedProcess(words, code, out.read_text(), err.read_text())

    def close(self) -> None:
        """Put it away."""
        self._process.communicate()

    def _ask(self, line: list[object]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        code = self._process.stdout.readline()
        assert code, "the keyboard is broken"
        return int(code)


def _serve() -> None:
    """Fork for every line, and answer with the exit code."""
    for line in sys.stdin:
        words, environment, out, err = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(environment, out, err)
            sys.argv = ["exchange", *words]
            break
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()
    else:
        return
    runpy.run_module("exchange", run_name="__main__", alter_sys=True)


def _become(environment: dict[str, str], out: str, err: str) -> None:
    """Make the copy a process of its own, which hears nothing more and does not stay for ever."""
    signal.alarm(_PATIENCE_SECONDS)
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for descriptor, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), descriptor)


if __name__ == "__main__":
    importlib.import_module("exchange.cli")
    gc.freeze()  # no copy looks through it all once more when it ends
    _serve()
