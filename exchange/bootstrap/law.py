"""Opens the dated law that this version ships: who may receive what, every number and list."""

from __future__ import annotations

from pathlib import Path

from exchange.policy.elementen import Elementen, read_elementen
from exchange.policy.law import Law, read_law
from exchange.policy.necessity import Necessity, read_necessity

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


def open_necessity(folder: Path = SCHEMAS / "necessity") -> Necessity:
    """Read every dated necessity table."""
    return read_necessity(path.read_text("utf-8") for path in sorted(folder.glob("*.toml")))


def open_law(file: Path = SCHEMAS / "parameters.toml") -> Law:
    """Read every dated parameter."""
    return read_law(file.read_text("utf-8"))


def open_elementen(file: Path = SCHEMAS / "elementen.toml") -> Elementen:
    """Read every dated list of what a verzuimbeleid must have."""
    return read_elementen(file.read_text("utf-8"))
