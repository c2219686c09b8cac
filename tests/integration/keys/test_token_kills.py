"""A kill -9 between any two writes leaves a token and a folder that go on where it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.integration.keys.softhsm import Hsm

ROOT = Path(__file__).parents[3]


def test_a_kill_at_any_write_leaves_no_half_a_key(hsm: Hsm, tmp_path: Path) -> None:
    """No key is lost or made twice, none that was destroyed comes back; see ``kills``."""
    notes = tmp_path / "notes"
    notes.mkdir()
    command = [sys.executable, "-m", "tests.integration.keys.kills"]
    ran = subprocess.run(
        [*command, *map(str, hsm.settings), str(notes)],
        env=hsm.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > 10
