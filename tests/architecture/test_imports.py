"""One direction of imports and one home per library; a wrong import is found in every room."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINTER = Path(sys.executable).parent / "lint-imports"


def lint(folder: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    """Check the packages in ``folder`` against the contracts of its pyproject.toml."""
    command = [str(LINTER), "--no-logo", "--cache-dir", str(cache)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code alone, to plant mistakes in."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in ("exchange", "adapters"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    return folder


def test_the_house_keeps_its_rules(tmp_path: Path) -> None:
    found = lint(ROOT, tmp_path)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("exchange/policy/calendar.py", "import exchange.storage.log", "One direction"),
        ("exchange/storage/log.py", "import exchange.pipeline.flow", "One direction"),
        ("exchange/messages/soort.py", "import exchange.policy.rules", "One direction"),
        ("exchange/pipeline/encrypt.py", "import exchange.pipeline.minimise", "Stages never meet"),
        ("exchange/api/visit.py", "import adapters.system", "The world outside"),
        ("exchange/pipeline/store.py", "import sqlalchemy", "sqlalchemy, asyncpg"),
        ("exchange/policy/rules.py", "import joserfc", "cryptography and joserfc"),
        ("exchange/pipeline/intake.py", "import fastapi", "fastapi and starlette"),
        ("exchange/pipeline/forward.py", "import httpx", "httpx and http_message_signatures"),
    ],
)
def test_a_wrong_import_is_found(
    copy: Path, tmp_path: Path, file: str, line: str, contract: str
) -> None:
    path = copy / file
    before = path.read_text("utf-8")
    try:
        path.write_text(f"{before}\n{line}\n", "utf-8")
        found = lint(copy, tmp_path)
    finally:
        path.write_text(before, "utf-8")
    assert found.returncode == 1
    broken = [text for text in found.stdout.splitlines() if " BROKEN" in text]
    assert any(text.startswith(contract) for text in broken), found.stdout
