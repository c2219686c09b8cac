"""Measures how long a signaal takes from acceptance to the recipient's acknowledgement.

A real sandbox on this machine: gateway, PostgreSQL, workers and polling receivers as processes,
mutual TLS, everything durable. Signalen are sent at a fixed rate, whether or not earlier ones were
answered.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from pathlib import Path

from tests.bench.installation import Sandbox, running_sandbox
from tests.bench.load import Load, send_at_rate
from tests.bench.outcome import Outcome
from tests.bench.report import Figures, figures_of, render


def run(asked: argparse.Namespace) -> Outcome:
    """Send the load to a sandbox of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="vx-bench-", ignore_cleanup_errors=True) as folder,
        running_sandbox(Path(folder)) as sandbox,
    ):
        figures = asyncio.run(_measure(sandbox, asked.rate, asked.seconds))
    lost = figures.unacknowledged
    failures = [f"{lost} signalen were never acknowledged"] if lost else []
    return Outcome(render(figures), figures.as_json(), failures)


async def _measure(sandbox: Sandbox, rate: float, seconds: float) -> Figures:
    load: Load = await send_at_rate(sandbox, rate, seconds)
    settings = await sandbox.durability()
    latencies = await sandbox.acknowledged(load.accepted)
    return figures_of(load, latencies, settings, cores=os.cpu_count() or 0)
