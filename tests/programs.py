"""Programs that only some tests need: without one they are skipped and say so; in CI they fail."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[1]
AUDIT = Path(f"{sys.prefix}-audit") / "bin"
"""Beside the environment that runs the tests; ``make test`` installs requirements/audit.txt."""


def program(*names: str, beside: Path | None = None) -> str:
    """Give the path of the first of ``names`` that is in ``beside`` or on the path."""
    places = os.pathsep.join([*([str(beside)] if beside else []), os.environ.get("PATH", "")])
    found = next((path for name in names if (path := shutil.which(name, path=places))), None)
    return found or leave_out(f"{' or '.join(names)} is not installed here")


def audit_program(name: str) -> str:
    """Give the path of one of the programs that audit this repository."""
    return program(name, beside=AUDIT)


def leave_out(reason: str) -> NoReturn:
    """Skip the test that asks, saying why; where CI is set that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
