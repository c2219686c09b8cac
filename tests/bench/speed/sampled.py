"""The gateway as it is, with a clock beside it that notes where its CPU time goes.

``python -m tests.bench.speed.sampled FOLDER FILE`` is ``exchange serve --dir FOLDER``. From SIGUSR1
on the kernel's profiling clock stops it some hundred times a second of CPU, and the stack of that
moment is counted; at SIGUSR2 the stacks are written to FILE, one a line with its count. Unlike a
tracer it costs small functions no more than large ones.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from types import FrameType

import exchange
from exchange.bootstrap.gateway import run_gateway
from exchange.cli.options import run_until_stopped
from exchange.config import Settings

_INTERVAL_SECONDS = 0.004
_LIBRARIES = "site-packages/"
_STANDARD = f"python{sys.version_info.major}.{sys.version_info.minor}/"
_CODE = str(Path(exchange.__file__).resolve().parents[1]) + os.sep


class Sampler:
    """Counts the stacks of this process."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._stacks: Counter[tuple[str, ...]] = Counter()

    def begin(self, *_: object) -> None:
        """Forget what was counted and let the clock run."""
        self._stacks.clear()
        signal.setitimer(signal.ITIMER_PROF, _INTERVAL_SECONDS, _INTERVAL_SECONDS)

    def end(self, *_: object) -> None:
        """Stop the clock and write the stacks."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        lines = (f"{';'.join(stack)} {count}\n" for stack, count in self._stacks.most_common())
        draft = self._out.with_suffix(".draft")
        draft.write_text("".join(lines))
        draft.replace(self._out)

    def sample(self, _: int, frame: FrameType | None) -> None:
        """Count one stack, the outermost function first."""
        names = []
        while frame is not None:
            names.append(f"{_place(frame.f_code.co_filename)}:{frame.f_code.co_name}")
            frame = frame.f_back
        self._stacks[tuple(reversed(names))] += 1


def _place(filename: str) -> str:
    """Give a file by its place in our code or in a library, never on this machine."""
    for root in (_LIBRARIES, _CODE, _STANDARD):
        _, found, rest = filename.partition(root)
        if found:
            return rest
    return filename.rpartition(os.sep)[2]


def main() -> None:
    """Serve and listen to the two signals."""
    folder, out = map(Path, sys.argv[1:])
    sampler = Sampler(out)
    signal.signal(signal.SIGPROF, sampler.sample)
    signal.signal(signal.SIGUSR1, sampler.begin)
    signal.signal(signal.SIGUSR2, sampler.end)
    run_until_stopped(partial(run_gateway, Settings.load(folder, {})), with_parent=True)


if __name__ == "__main__":
    main()
