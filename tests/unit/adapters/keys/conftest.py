"""Folders of keys whose passphrase is cheap to guess, so that tests are quick."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.keys.file.provider import FileKeyProvider
from exchange.crypto.wrapping import Argon2Cost

LIGHT = Argon2Cost(memory_kib=64, iterations=1, lanes=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    return tmp_path / "passphrase"


@pytest.fixture
def open_folder(folder: Path, passphrase_file: Path) -> Callable[[], FileKeyProvider]:
    """Open the same folder once more, as another process would."""
    FileKeyProvider.create(folder, passphrase_file, LIGHT)
    return lambda: FileKeyProvider(folder, passphrase_file)
