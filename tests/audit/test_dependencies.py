"""All that is installed is pinned with a hash and stands in the bill of materials."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.audit.vulnerabilities import judge
from tests.programs import ROOT, audit_program

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9,._-]+\])?==([^ ;\\]+)", re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_requirement_is_pinned_with_hashes(lock: Path) -> None:
    text = lock.read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert len(lines) > 20
    assert [line[:60] for line in lines if "==" not in line or "--hash=sha256:" not in line] == []


def test_the_makefile_installs_nothing_without_hashes() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("\\\n", " ")
    installs = [
        line for line in makefile.splitlines() if re.search(r"\$\(PIP\)|pip .*install", line)
    ]
    pinned = [line for line in installs if "--requirement" in line]
    assert len(pinned) == len(LOCKS)
    assert all("--require-hashes" in line for line in pinned)
    others = [line for line in installs if line not in pinned and not line.startswith("PIP")]
    assert all("--no-deps --no-build-isolation --editable ." in line for line in others)


def test_a_package_with_other_bytes_than_pinned_is_refused(tmp_path: Path) -> None:
    wheel = _wheel(tmp_path)
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert _install(tmp_path, right) == 0
    assert _install(tmp_path, hashlib.sha256(b"other bytes").hexdigest()) != 0


def test_the_bill_of_materials_lists_exactly_what_is_pinned(tmp_path: Path) -> None:
    lock = ROOT / "requirements" / "run.txt"
    written = tmp_path / "sbom.json"
    command = [audit_program("cyclonedx-py"), "requirements", str(lock)]
    subprocess.run([*command, "--output-file", str(written)], check=True, capture_output=True)
    bill = json.loads(written.read_text("utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    listed = {(one["name"].lower(), one["version"]) for one in bill["components"]}
    assert listed == set(_PIN.findall(lock.read_text("utf-8")))
    hashes = [bool(r.get("hashes")) for c in bill["components"] for r in c["externalReferences"]]
    assert hashes
    assert all(hashes)


def _answer(*packages: Mapping[str, object]) -> dict[str, object]:
    return {"dependencies": list(packages), "fixes": []}


SOUND = {"name": "fastapi", "version": "1", "vulns": []}
HARMED = {"name": "old", "version": "1", "vulns": [{"id": "PYSEC-1"}]}
UNKNOWN = {"name": "new", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("answer", "expected", "said"),
    [
        (_answer(SOUND, SOUND), 0, "2 packages"),
        (_answer(SOUND, HARMED), 1, "old 1: PYSEC-1"),
        (_answer(SOUND, UNKNOWN), 2, "not audited: new"),
        (_answer(), 2, "nothing was audited"),
    ],
)
def test_an_audit_that_could_not_look_is_no_clean_audit(
    answer: dict[str, object], expected: int, said: str
) -> None:
    code, report = judge(answer)
    assert code == expected
    assert said in report


def _wheel(folder: Path) -> Path:
    made = folder / "klein-1.0-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as wheel:
        wheel.writestr("klein.py", "")
        wheel.writestr(
            "klein-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: klein\nVersion: 1.0\n"
        )
        wheel.writestr(
            "klein-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr("klein-1.0.dist-info/RECORD", "")
    return made


def _install(folder: Path, digest: str) -> int:
    lock = folder / "lock.txt"
    lock.write_text(f"klein==1.0 --hash=sha256:{digest}\n", "utf-8")
    places = ["--no-index", "--find-links", str(folder), "--target", str(folder / digest[:8])]
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--requirement",
        str(lock),
    ]
    return subprocess.run([*command, *places], capture_output=True, check=False).returncode
