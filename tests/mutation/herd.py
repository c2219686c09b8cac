"""Shares the mutants out over a few workers, each in a copy of the tree of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.mutants import Mutant
from tests.mutation.trial import Verdict

ROOT = Path(__file__).resolve().parents[2]
_SETTINGS = """
[pytest]
addopts = --import-mode=importlib -p no:cacheprovider
filterwarnings = error
"""
"""No plugins either: hundreds of small runs have to start quickly."""
_TREE = ("exchange", "adapters", "schemas", "tests", "openapi", "docs", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Order:
    """A mutant with the tests that should notice it; nothing may fail on what is ``unchanged``."""

    mutant: Mutant
    tests: tuple[str, ...]
    unchanged: bool = False

    def as_json(self) -> str:
        """Give the line for the worker."""
        return json.dumps({"file": self.mutant.file, "text": self.mutant.text, "tests": self.tests})


def run(orders: Sequence[Order], workers: int) -> list[Verdict]:
    """Give the verdict on every order, in their order."""
    shares = [list(orders[n::workers]) for n in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        answers = [iter(verdicts) for verdicts in pool.map(_worked_off, shares)]
    return [next(answers[n % workers]) for n in range(len(orders))]


def _worked_off(orders: Sequence[Order]) -> list[Verdict]:
    if not orders:
        return []
    with _tree() as tree:
        done = subprocess.run(
            [sys.executable, "-m", "tests.mutation.worker"],
            cwd=tree,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            input="".join(f"{order.as_json()}\n" for order in orders),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(done.stderr)
    verdicts = [Verdict(**json.loads(line)) for line in done.stdout.splitlines()]
    if len(verdicts) != len(orders):
        raise RuntimeError("a worker lost a mutant")
    return verdicts


@contextmanager
def _tree() -> Iterator[Path]:
    """Give a copy of what the tests need, with the compiled files that lie there."""
    with tempfile.TemporaryDirectory(prefix="vx-mutate-", ignore_cleanup_errors=True) as folder:
        tree = Path(folder).resolve()
        for name in _TREE:
            part = ROOT / name
            (shutil.copytree if part.is_dir() else shutil.copy2)(part, tree / name)
        (tree / "pytest.ini").write_text(_SETTINGS, "utf-8")
        yield tree
