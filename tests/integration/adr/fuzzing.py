"""Made-up requests at a real gateway (Schemathesis), and what its report says was really tried."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.adr.walk import Document, operations
from tests.integration.adr.furniture import KNOWN
from tests.integration.adr.site import Site
from tests.integration.api.world import OINS, STRANGER
from tests.programs import audit_program

CONFIG = Path(__file__).with_name("schemathesis.toml")
HOOKS = Path(__file__).with_name("hooks.py")
UNTRIED = {"Content-Encoding", "Range", "If-Range"}
"""Nothing here is packed, and Schemathesis reads a part of a JSON document as a whole one.

``test_verzuimregistraties`` and ``test_leveringen`` try these.
"""

_SEED = "20261122"


@dataclass(frozen=True)
class Plan:
    """Who calls, which operations, and in which ways; nobody shows no certificate.

    ``message`` is which of the known messages stands as the example.
    """

    caller: str | None
    only: tuple[str, ...] = ()
    phases: str = "examples,coverage,fuzzing"
    message: int = 0


@dataclass(frozen=True)
class Tried:
    """What one run was: its exit code, its own words, and its reports."""

    code: int
    said: str = field(repr=False)
    summary: Mapping[str, Any] = field(repr=False)
    statuses: Mapping[str, Counter[int]] = field(repr=False)
    """By operation (``GET /sleutels``) how often each status was answered."""
    passed: Counter[str] = field(repr=False)
    """How often each check looked and was content."""

    def failures(self) -> set[tuple[str, str]]:
        """Give what failed: the kind of failure, and the operation."""
        return {
            (failure["type"], operation)
            for failure in self.summary["failures"]
            for operation in failure["operations"]
        }


async def try_out(plan: Plan, site: Site, document: Document, url: str | None = None) -> Tried:
    """Run it in a folder of its own; ``url`` names another server than the site."""
    folder = site.folder / f"tried-{len(list(site.folder.glob('tried-*')))}"
    folder.mkdir()
    _prepare(folder, site, document, plan.message)
    command = [audit_program("st"), "--config-file", CONFIG.name, "run", "openapi.json"]
    if plan.caller is not None:
        certificate, key = site.credential(plan.caller)
        command += ["--request-cert", str(certificate), "--request-cert-key", str(key)]
    process = await asyncio.create_subprocess_exec(
        *command,
        *("--url", url or site.url, "--tls-verify", str(site.ca), "--no-color"),
        *("--phases", plan.phases, "--seed", _SEED, *plan.only),
        *("--report", "json,ndjson", "--report-json-path", "report.json"),
        *("--report-ndjson-path", "report.ndjson"),
        cwd=folder,
        env={**os.environ, "OIN": str(OINS.get(plan.caller or "", STRANGER).reveal())},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return _read(folder, process.returncode or 0, said.decode("utf-8", "replace"))


def _prepare(folder: Path, site: Site, document: Document, message: int) -> None:
    """Write down all that it reads; the examples of ids in its document are of what there is."""
    shutil.copy(CONFIG, folder)
    shutil.copy(HOOKS, folder)
    copy = deepcopy(document)
    for operation in operations(copy):
        asked = operation.content.get("parameters", [])
        operation.content["parameters"] = [p for p in asked if _name(p) not in UNTRIED]
    for file, parameter in KNOWN.items():
        shutil.copy(site.folder / file, folder)
        ids = (site.folder / file).read_text("utf-8").splitlines()
        described = copy["components"]["parameters"][parameter]
        described["example"] = json.loads(ids[message % len(ids)])
    (folder / "openapi.json").write_text(json.dumps(copy), "utf-8")


def _name(parameter: Document) -> str:
    return str(parameter.get("$ref", parameter.get("name"))).rpartition("/")[2]


def _read(folder: Path, code: int, said: str) -> Tried:
    if not (folder / "report.json").exists():
        raise AssertionError(said)
    summary = json.loads((folder / "report.json").read_text("utf-8"))
    statuses: dict[str, Counter[int]] = defaultdict(Counter)
    passed: Counter[str] = Counter()
    for recorder in _recorders(folder / "report.ndjson"):
        for one in recorder["interactions"].values():
            statuses[recorder["label"]][(one["response"] or {"status_code": 0})["status_code"]] += 1
        for checks in recorder["checks"].values():
            passed.update(check["name"] for check in checks if check["status"] == "success")
    return Tried(code, said, summary, statuses, passed)


def _recorders(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
            if "interactions" in recorder:
                yield recorder
