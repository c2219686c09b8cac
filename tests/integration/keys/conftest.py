"""A real token (SoftHSM2) in a temporary folder for each test, with keys of nobody else in it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.keys.softhsm import Hsm, new_hsm

if TYPE_CHECKING:
    from adapters.keys.pkcs11 import TokenKeyProvider

collect_ignore_glob = [] if sys.platform == "linux" else ["test_*.py"]
"""The library that speaks to tokens is a dependency on Linux only."""


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hsm:
    """Give an empty token; the process reads SOFTHSM2_CONF when it first looks for it."""
    made = new_hsm(tmp_path)
    monkeypatch.setenv("SOFTHSM2_CONF", str(made.configuration))
    return made


@pytest.fixture
def open_token(hsm: Hsm) -> Callable[[], TokenKeyProvider]:
    """Open the same folder and token once more."""
    from adapters.keys.pkcs11 import TokenKeyProvider  # noqa: PLC0415  not there elsewhere

    TokenKeyProvider.create(*hsm.settings)
    return lambda: TokenKeyProvider(*hsm.settings)


@pytest.fixture
def keys(open_token: Callable[[], TokenKeyProvider]) -> TokenKeyProvider:
    return open_token()
