"""The attacker in a process of its own, which has the published files and nothing of ours.

That is also the only way: its solver and ours bring two versions of one library.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.figures_attacker.beliefs import Presumed
from tests.figures_attacker.goals import Goals, Interval
from tests.figures_attacker.published import Key, Line
from tests.figures_attacker.relations import Where

_ROOT = Path(__file__).resolve().parents[2]


class Attacker:
    """Asks an ``attack.Attack`` in the other process, one after the other."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def take(
        self,
        releases: Sequence[Mapping[Key, Line]],
        planned: Mapping[str, int],
        presumed: Presumed = Presumed(),  # noqa: B008  frozen
    ) -> None:
        """Give it releases to attack, instead of those that it had."""
        self._ask("attack", releases, planned, presumed)

    def intervals(self, goals: Goals | None = None) -> dict[Where, Interval]:
        """Give what is left of every hidden cell, or as much of it as the goals ask."""
        found: dict[Where, Interval] = self._ask("intervals", goals)
        return found

    def insider(self, own: Mapping[Where, int], goals: Goals | None) -> dict[Where, Interval]:
        """Give what is left, for who knows its ``own`` cells, of the cells that those touch."""
        found: dict[Where, Interval] = self._ask("insider", own, goals)
        return found

    def _ask(self, *question: object) -> Any:  # noqa: ANN401  as the question
        """Send a question and wait for its answer."""
        if self._process.stdin is None or self._process.stdout is None:
            raise ValueError("the attacker has no ears")
        pickle.dump(question, self._process.stdin)
        self._process.stdin.flush()
        return pickle.load(self._process.stdout)  # noqa: S301  our own process


@contextmanager
def own_process() -> Iterator[Attacker]:
    """Start the other process; it ends with the block."""
    command = [sys.executable, "-m", "tests.figures_attacker"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=_ROOT, stdin=pipe, stdout=pipe) as process:
        yield Attacker(process)
