"""bandit finds no unsafe call in our code, and finds the ones that were planted."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.programs import ROOT, audit_program

PLANTED = """
import subprocess, yaml, tempfile
subprocess.run(command, shell=True)
value = yaml.load(body)
answer = requests.get(url, verify=False)
name = tempfile.mktemp()
number = eval(body)
"""
FOUND = {"B602", "B506", "B501", "B306", "B307"}


def test_there_is_no_unsafe_call_in_our_code() -> None:
    report = _scan("exchange", "adapters")
    assert report["metrics"]["_totals"]["loc"] > 30_000
    assert [f"{r['filename']}:{r['line_number']} {r['test_id']}" for r in report["results"]] == []


def test_unsafe_calls_that_were_planted_are_found(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(PLANTED, "utf-8")
    assert {r["test_id"] for r in _scan(str(planted))["results"]} >= FOUND


def _scan(*places: str) -> dict[str, Any]:
    """Give bandit's report; the settings stand in pyproject.toml, each with its reason."""
    settings = ["--configfile", "pyproject.toml", "--confidence-level", "medium"]
    command = [audit_program("bandit"), "--quiet", "--recursive", "--format", "json", *settings]
    done = subprocess.run(
        [*command, *places], cwd=ROOT, capture_output=True, text=True, check=False
    )
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["errors"] == []
    assert done.returncode == bool(report["results"])
    return report
