"""Opens the dated law that this version ships: who may receive what, every number and list."""

from __future__ import annotations

from pathlib import Path

from exchange.policy.activities import Activities, read_activities
from exchange.policy.elementen import Elementen, read_elementen
from exchange.policy.finding_rules import DatedRules, read_finding_rules
from exchange.policy.law import Law, read_law
from exchange.policy.necessity import Necessity, read_necessity
from exchange.policy.stores import Store, read_stores

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


def open_activities(file: Path = SCHEMAS / "processing_activities.toml") -> Activities:
    """Read what the register of processing says beside the necessity tables."""
    return read_activities(file.read_text("utf-8"))


def open_finding_rules(file: Path = SCHEMAS / "findings.toml") -> DatedRules:
    """Read every dated series of rules on findings."""
    return read_finding_rules(file.read_text("utf-8"))


def open_stores(file: Path = SCHEMAS / "retention.toml") -> tuple[Store, ...]:
    """Read what is kept until when."""
    return read_stores(file.read_text("utf-8"), open_law().entries)
