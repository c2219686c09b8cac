"""Measures how long a signaal takes from acceptance to the recipient's acknowledgement.

A real sandbox on this machine: gateway, PostgreSQL, workers and polling receivers as processes,
mutual TLS, everything durable. Signalen are sent at a fixed rate, whether or not earlier ones were
answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

from tests.bench.installation import Sandbox, running_sandbox
from tests.bench.load import Load, send_at_rate
from tests.bench.report import Figures, figures_of, render


def main() -> int:
    """Run the measurement, print the table, write the JSON if asked."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rate", type=float, default=20.0, help="signalen per second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="vx-bench-", ignore_cleanup_errors=True) as folder,
        running_sandbox(Path(folder)) as sandbox,
    ):
        figures = asyncio.run(_measure(sandbox, asked.rate, asked.seconds))
    sys.stdout.write(render(figures) + "\n")
    if asked.json:
        asked.json.write_text(json.dumps(figures.as_json(), indent=2) + "\n")
    return 0 if figures.unacknowledged == 0 else 1


async def _measure(sandbox: Sandbox, rate: float, seconds: float) -> Figures:
    load: Load = await send_at_rate(sandbox, rate, seconds)
    settings = await sandbox.durability()
    latencies = await sandbox.acknowledged(load.accepted)
    return figures_of(load, latencies, settings, cores=os.cpu_count() or 0)


if __name__ == "__main__":
    sys.exit(main())
