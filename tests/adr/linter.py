"""The official rules of the NL API Design Rules, as their own linter judges documents."""

from __future__ import annotations

import json
import os
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.adr.walk import Document
from tests.programs import ROOT, leave_out, program

RULESET = "ADR_RULESET"
"""The environment variable that names the file with the rules; relative to the repository."""


@dataclass(frozen=True)
class Linter:
    """The program with the rules that it is given."""

    path: str
    ruleset: Path

    @classmethod
    def installed(cls) -> Linter:
        """Find both, or leave the test out."""
        named = os.environ.get(RULESET)
        if not named or not (ruleset := ROOT / named).is_file():
            leave_out(f"{RULESET} names no file with the official rules")
        beside = ROOT / ".ci" / "spectral" / "node_modules" / ".bin"
        return cls(program("spectral", beside=beside), ruleset)

    def rules(self) -> set[str]:
        """Give the names of the rules that are on."""
        rules: dict[str, object] = yaml.safe_load(self.ruleset.read_text("utf-8"))["rules"]
        return {name for name, rule in rules.items() if rule not in (False, "off")}

    def judge(
        self, documents: Mapping[str, Document], folder: Path
    ) -> tuple[int, dict[str, set[str]]]:
        """Give the exit code, and by the name of each document the rules that it breaks."""
        paths = {name: folder / f"{number}.json" for number, name in enumerate(documents)}
        for name, path in paths.items():
            path.write_text(json.dumps(documents[name]), "utf-8")
        report = folder / "report"
        command = (self.path, "lint", "--ruleset", self.ruleset, "--fail-severity=warn", "--quiet")
        shape = ("--format=json", f"--output={report}", "--fail-on-unmatched-globs")
        done = subprocess.run(
            (*command, *shape, *paths.values()), check=False, capture_output=True, text=True
        )
        assert not done.stderr, done.stderr
        found: dict[str, set[str]] = defaultdict(set)
        for finding in json.loads(report.read_text("utf-8")):
            found[Path(finding["source"]).name].add(finding["code"])
        return done.returncode, {name: found[path.name] for name, path in paths.items()}
