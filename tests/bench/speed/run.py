"""Measures the whole product against bare building blocks, in one run in which they take turns."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from pydantic import TypeAdapter

from tests.bench.outcome import Outcome
from tests.bench.speed import steps
from tests.bench.speed.deliveries import Deliveries
from tests.bench.speed.requests import Course
from tests.bench.speed.results import Results, render
from tests.bench.speed.site import Site, standing_site
from tests.bench.speed.steps import Run, Step

_RESULTS = TypeAdapter(Results)
_SHOWN = ("server_version", "fsync", "synchronous_commit", "full_page_writes")
STEPS: dict[str, Step] = {
    "requests": steps.side_by_side,
    "profile": steps.where_it_goes,
    "ndjson": steps.in_bulk,
    "mailbox": steps.until_seen,
    "pushes": steps.on_the_way_out,
    "two": steps.one_and_two,
    "rest": steps.nothing_lies_open,
    "sealing": steps.sealing,
    "history": steps.beside_history,
}


def run(asked: argparse.Namespace) -> Outcome:
    """Set everything up and carry out the steps that were asked for."""
    results = Results(machine=_machine())
    with standing_site() as site:
        results.settings = asyncio.run(_settings(site))
        course = Course(site, connections=asked.connections, tls=asked.tls)
        course.warm_up()
        shared = Run(course, Deliveries(site), asked, results)
        for step in _steps(asked):
            _carry_out(step, shared)
        results.faults += course.faults + shared.deliveries.faults
        results.faults += asyncio.run(_stored(site, course.accepted, shared.deliveries.lines))
    return Outcome(render(results), _json(results), results.faults)


def _steps(asked: argparse.Namespace) -> list[Step]:
    """Give the steps in the order in which they stand; in short, and over TLS, only the first."""
    if unknown := set(asked.only) - STEPS.keys():
        raise SystemExit(
            f"no such step: {', '.join(sorted(unknown))}; there are {', '.join(STEPS)}"
        )
    quick = ["requests", "profile"] if asked.profile else ["requests"]
    wanted = asked.only or (quick if asked.quick or asked.tls else list(STEPS))
    return [step for name, step in STEPS.items() if name in wanted]


def _carry_out(step: Step, run: Run) -> None:
    """Let a step that breaks be a fault, so that what the others found is not lost."""
    sys.stdout.write(f"{datetime.now(UTC):%H:%M:%S} {step.__name__}\n")
    sys.stdout.flush()
    try:
        step(run)
    except (Exception, SystemExit) as error:  # noqa: BLE001  it is told, and the bench fails
        run.results.faults.append(f"{step.__name__}: {type(error).__name__}: {error}")


async def _settings(site: Site) -> dict[str, str]:
    connection = await asyncpg.connect(site.database)
    try:
        return {name: await connection.fetchval(f"SHOW {name}") for name in _SHOWN}
    finally:
        await connection.close()


async def _stored(site: Site, signalen: int, lines: int) -> list[str]:
    """Count what stands in the database: each accepted signaal and line once, and nothing else."""
    connection = await asyncpg.connect(site.database)
    try:
        row = await connection.fetchrow(_COUNTS, Deliveries.vestiging)
    finally:
        await connection.close()
    if (row["messages"], row["parcels"], row["lines"]) == (signalen, signalen, lines):
        return []
    accepted = f"{signalen} signalen and {lines} lines were accepted"
    stored = f"{row['messages']} and {row['lines']} are stored, {row['parcels']} sealed"
    return [f"{accepted}; {stored}"]


_COUNTS = """
    SELECT count(*) AS messages, count(o.bericht_id) AS parcels,
           (SELECT count(*) FROM registrations WHERE vestigingscode = $1) AS lines
    FROM messages m LEFT JOIN outbox o USING (bericht_id) WHERE m.soort LIKE 'signaal%'
"""


def _machine() -> dict[str, str]:
    return {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if "model name" in line), "")


def _json(results: Results) -> dict[str, object]:
    found: dict[str, object] = _RESULTS.dump_python(results, mode="json")
    return found
