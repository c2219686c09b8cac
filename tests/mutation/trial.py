"""Tries one mutant: a fork of a warmed-up process runs the tests and says which one failed."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

_QUIET = ("-q", "--continue-on-collection-errors")
_READ_LATE = ("tests/contract/test_decisions.py", "tests/contract/test_duo_words.py")
"""Tests that read the law when they run and not when they are imported: imported once for all."""
NOTHING_FAILED = "nothing failed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The test that noticed, or what came instead of one."""

    killed_by: str | None
    otherwise: str = ""


class _Watch:
    """Keeps the first test that failed and ends the run; a file that fails to load is no test."""

    def __init__(self) -> None:
        self.failed: str | None = None
        self._session: pytest.Session | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.failed is None and self._session is not None:
            self.failed = report.nodeid
            self._session.shouldstop = "noticed"


def try_tests(tests: Sequence[str]) -> Verdict:
    """Run the tests in a fork, in the working directory's tree, and wait for what came of it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _run_and_leave(tests, writing)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    if not told:
        return Verdict(None, "the test run broke off")
    failed, code = json.loads(told)
    if failed is not None:
        return Verdict(failed)
    return Verdict(None, NOTHING_FAILED if code == 0 else f"no test failed, but pytest said {code}")


def _run_and_leave(tests: Sequence[str], writing: int) -> None:
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    watch = _Watch()
    try:
        code = pytest.main([*_QUIET, *tests], plugins=[watch])
        os.write(writing, json.dumps([watch.failed, int(code)]).encode())
    except Exception as error:  # noqa: BLE001  the parent says it
        os.write(writing, json.dumps([None, repr(error)]).encode())
    finally:
        os._exit(0)


def put(tree: Path, file: str, text: str) -> None:
    """Write one file of the tree."""
    (tree / file).write_text(text, "utf-8")


def warm_up(watched: Sequence[Path]) -> None:
    """Import once what every fork needs, and make sure that none of it has read the law already.

    A module that reads its data while it is imported would show every fork the data unchanged.
    """
    read: list[str] = []
    places = {str(path) for path in watched}
    sys.addaudithook(
        lambda event, arguments: (
            read.append(str(arguments[0]))
            if event == "open" and str(arguments[0]) in places
            else None
        )
    )
    import adapters.keys.memory  # noqa: F401, PLC0415  for the forks
    import exchange.bootstrap.law  # noqa: PLC0415  for the forks
    import exchange.pipeline.flow  # noqa: F401, PLC0415  for the forks

    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        pytest.main(["--collect-only", *_QUIET, *_READ_LATE])
    if read:
        raise RuntimeError(f"importing the code already reads {sorted(set(read))}")
    gc.collect()
    gc.freeze()
