"""Known vulnerabilities in what is pinned: ``python -m tests.audit.vulnerabilities``.

It asks an advisory database over the network, so it is no test. A package that the database does
not know was not audited, and then this ends with 2: an empty audit is not a clean one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from tests.programs import AUDIT, ROOT

_LOCKS = ("run", "dev", "audit")


def main() -> int:
    """Audit every lock; give the worst outcome."""
    worst = 0
    for lock in _LOCKS:
        code, report = judge(_asked(lock))
        sys.stdout.write(f"requirements/{lock}.txt: {report}\n")
        worst = max(worst, code)
    return worst


def judge(answer: Mapping[str, Any]) -> tuple[int, str]:
    """Give 0 for sound, 1 for a vulnerability, 2 for what could not be looked at, and why."""
    packages = answer["dependencies"]
    unseen = [one["name"] for one in packages if "skip_reason" in one]
    harmed = [
        f"{one['name']} {one['version']}: {', '.join(v['id'] for v in one['vulns'])}"
        for one in packages
        if one.get("vulns")
    ]
    if unseen:
        return (
            2,
            f"COULD NOT RUN, {len(unseen)} of {len(packages)} not audited: {', '.join(unseen)}",
        )
    if not packages:
        return 2, "COULD NOT RUN, nothing was audited"
    if harmed:
        return 1, "\n  ".join(["VULNERABLE", *harmed])
    return 0, f"{len(packages)} packages without a known vulnerability"


def _asked(lock: str) -> Mapping[str, Any]:
    command = [str(AUDIT / "pip-audit"), "--format", "json", "--progress-spinner", "off"]
    pins = ["--require-hashes", "--disable-pip", "--requirement", f"requirements/{lock}.txt"]
    done = subprocess.run([*command, *pins], cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        answer: Mapping[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        return {"dependencies": []}
    return answer


if __name__ == "__main__":
    sys.exit(main())
