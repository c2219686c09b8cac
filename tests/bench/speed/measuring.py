"""One measurement: the generator in a process of its own, and what it cost every other part."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from tests.bench.speed.jobs import Job, Sent
from tests.bench.speed.samples import Sample
from tests.bench.speed.site import Site
from tests.flow.installation import CODE

_JOBS, _SENT = TypeAdapter(Job), TypeAdapter(Sent)


@dataclass(frozen=True, slots=True)
class Measured:
    """A sample, and what was answered."""

    sample: Sample
    sent: Sent


def generating(job: Job) -> subprocess.Popen[bytes]:
    """Start a generator; it begins at once."""
    process = subprocess.Popen(
        (sys.executable, "-m", "tests.bench.speed.generator"),
        cwd=CODE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(_JOBS.dump_json(job))
    process.stdin.close()
    return process


def generated(process: subprocess.Popen[bytes]) -> Sent:
    """Wait for a generator and read what came of its job."""
    assert process.stdout is not None
    said = process.stdout.read()
    if process.wait() != 0:
        raise SystemExit("the load generator failed")
    return _SENT.validate_json(said)


def measure(site: Site, *jobs: Job) -> Measured:
    """Carry out jobs at the same time (one for each gateway) and give what they cost together."""
    before = site.spent()
    found = [generated(process) for process in [generating(job) for job in jobs]]
    spent = site.spent().since(before)
    sent = _together(found)
    count = max(sent.answered, 1)
    ours = spent.servers + spent.postgres + spent.workers + sent.cpu
    sample = Sample(
        rate=sent.answered / sent.seconds,
        server=spent.servers / count * 1e6,
        postgres=spent.postgres / count * 1e6,
        workers=spent.workers / count * 1e6,
        generator=sent.cpu / count * 1e6,
        spread=sent.spread,
        others=max(spent.busy - ours, 0.0) / max(spent.busy, 1e-9),
    )
    return Measured(sample, sent)


def place_of(site: Site, name: str) -> Path:
    """Give where the requests of a slice are kept."""
    return site.folder / f"{name}.requests"


def _together(found: list[Sent]) -> Sent:
    first = found[0]
    if len(found) == 1:
        return first
    statuses: dict[str, int] = {}
    for sent in found:
        for status, count in sent.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    worst = max(found, key=lambda sent: sent.spread.p99)
    return Sent(
        answered=sum(sent.answered for sent in found),
        accepted=sum(sent.accepted for sent in found),
        statuses=statuses,
        complaint=next((sent.complaint for sent in found if sent.complaint), ""),
        seconds=max(sent.seconds for sent in found),
        cpu=sum(sent.cpu for sent in found),
        spread=worst.spread,
    )
