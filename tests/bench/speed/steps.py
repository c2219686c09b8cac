"""The steps of one run: each compares us with a bare building block, round after round."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench import logboek
from tests.bench.speed import at_rest, pushes, rows
from tests.bench.speed.attribution import microseconds, read_stacks
from tests.bench.speed.copies import copied, copied_whole
from tests.bench.speed.deliveries import LINES, MANY, Deliveries
from tests.bench.speed.history import counted, lay_down
from tests.bench.speed.measuring import generated, generating, measure
from tests.bench.speed.requests import ECHO, ORM, SIGNAAL, Course
from tests.bench.speed.results import Results
from tests.bench.speed.samples import Sample, middle
from tests.bench.speed.site import SAMPLED
from tests.bench.speed.targets import ratio
from tests.integration.servers import run_sql

_A_SECOND = 50.0
_PATIENCE_SECONDS = 30.0
_CORES_FOR_TWO = 4
_RECIPIENT = "leerplicht-0361"
_FILL_FILES = """
    SELECT pg_logical_emit_message(false, 'bench', ''), pg_switch_wal() FROM generate_series(1, 16)
"""


@dataclass
class Run:
    """What the steps share."""

    course: Course
    deliveries: Deliveries
    asked: argparse.Namespace
    results: Results


Step = Callable[[Run], None]


def side_by_side(run: Run) -> None:
    """Compare the echo, the ORM insert and the signaal; and one row as PostgreSQL takes it."""
    course, (rounds, seconds) = run.course, _turns(run.asked)
    by, inserts = "", list[float]()
    for _ in range(rounds):
        course.round(seconds)
        by, rate = rows.inserted(course.site, course.connections, min(seconds, 2.0))
        inserts.append(rate)
    kinds = {kind: course.samples[kind] for kind in (ECHO, ORM, SIGNAAL)}
    run.results.samples |= {kind: middle(samples) for kind, samples in kinds.items()}
    rates = {kind: _rates(samples) for kind, samples in kinds.items()}
    run.results.figures |= {
        "signaal_of_echo": ratio(rates[SIGNAAL], rates[ECHO]),
        "signaal_of_orm": ratio(rates[SIGNAAL], rates[ORM]),
        "signaal_p99_of_echo": ratio(_p99s(kinds[SIGNAAL]), _p99s(kinds[ECHO])),
        "signaal_cpu_of_echo": ratio(_cpus(kinds[SIGNAAL]), _cpus(kinds[ECHO])),
        "signaal_of_pgbench": ratio(rates[SIGNAAL], inserts),
        "pgbench_rate": statistics.median(inserts),
    }
    run.results.notes["single-row inserts by"] = by


def in_bulk(run: Run) -> None:
    """Compare a delivery with COPY; then look at the memory that a large one takes."""
    deliveries, (rounds, _) = run.deliveries, _turns(run.asked)
    deliveries.deliver(1_000)
    ours, raw, whole = list[Sample](), list[Sample](), list[Sample]()
    for _ in range(rounds):
        ours.append(deliveries.deliver(LINES))
        raw.append(copied(run.course.site, deliveries.last, LINES))
        whole.append(copied_whole(run.course.site, deliveries.last, LINES))
    run.results.samples |= {
        "ndjson": middle(ours),
        "copy": middle(raw),
        "copy-whole": middle(whole),
    }
    few, many = deliveries.peak_mib(LINES), deliveries.peak_mib(MANY)
    run.results.figures |= {
        "ndjson_of_copy": ratio(_rates(ours), _rates(raw)),
        "ndjson_of_copy_whole": ratio(_rates(ours), _rates(whole)),
        "memory_10k_mib": few,
        "memory_100k_mib": many,
        "memory_growth": many - few,
    }


def until_seen(run: Run) -> None:
    """Send 50 signalen a second and look for each in its mailbox; again beside a large upload.

    Everything is as on a machine in use: ten times as many come in the first second, so that each
    connection to the database is open and has planned its statements; and PostgreSQL has files for
    its log, for while it makes one of 16 MiB no commit goes on.
    """
    course, seconds = run.course, 4.0 if run.asked.quick else 10.0
    asyncio.run(run_sql(course.site.database, _FILL_FILES, "CHECKPOINT"))
    (job,) = course.signaal_jobs((0,), 1.0, 10 * _A_SECOND, _RECIPIENT)
    course.booked(measure(course.site, job))
    (job,) = course.signaal_jobs((0,), seconds, _A_SECOND, _RECIPIENT)
    alone = course.booked(measure(course.site, job)).sent
    upload = run.deliveries.job(MANY)
    ndjson = run.results.samples.get("ndjson")
    lasts = MANY / max(ndjson.rate, 1.0) if ndjson else 10.0
    (job,) = course.signaal_jobs((0,), min(max(lasts, 3.0), 60.0), _A_SECOND, _RECIPIENT)
    uploading = generating(upload)
    time.sleep(0.5)
    beside = course.booked(measure(course.site, job)).sent
    run.deliveries.book(upload, MANY, generated(uploading))
    if not (alone.seen and alone.found and beside.seen and beside.found):
        run.results.faults.append("no message was seen in its mailbox")
        return
    run.results.figures |= {
        "found_p50": alone.found.p50,
        "found_p99": alone.found.p99,
        "found_p99_upload": beside.found.p99,
        "mailbox_p50": alone.seen.p50,
        "mailbox_p99": alone.seen.p99,
        "mailbox_p99_upload": beside.seen.p99,
        "accepted_p50": alone.spread.p50,
        "accepted_p99": alone.spread.p99,
        "accepted_p99_upload": beside.spread.p99,
    }


def one_and_two(run: Run) -> None:
    """Compare one gateway process with two on the same database."""
    course, site = run.course, run.course.site
    rounds, seconds = _turns(run.asked)
    site.start(site.gateways[1])
    found: dict[str, list[Sample]] = {"one": [], "two": []}
    for number in range(rounds + 1):
        for gateways, name in (((0,), "one"), ((0, 1), "two")):
            measured = course.booked(measure(site, *course.signaal_jobs(gateways, seconds)))
            if number:  # the first is for warming up
                found[name].append(measured.sample)
    site.gateways[1].stop()
    run.results.samples |= {name: middle(samples) for name, samples in found.items()}
    if (cores := os.cpu_count() or 1) < _CORES_FOR_TWO:
        run.results.notes["two gateway processes"] = (
            f"share {cores} cores with PostgreSQL and the load generator: none is free for a second"
        )
    run.results.figures["two_of_one"] = ratio(_rates(found["two"]), _rates(found["one"]))


def on_the_way_out(run: Run) -> None:
    """Compare the forwarder with bare httpx, and let its queue run with nobody to wait for."""
    site, quick = run.course.site, run.asked.quick
    rounds, count = (1, 1_000) if quick else (3, 1_500)
    with pushes.receiving(site) as receiver:
        bare, ours = [], []
        for _ in range(rounds):
            bare.append(pushes.by_httpx(site, receiver, count))
            ours.append(pushes.by_the_worker(site, receiver, count))
    alone = [pushes.queue_alone(site, 10 * count) for _ in range(rounds)]
    run.results.figures |= {
        "push_of_httpx": ratio([one.rate for one in ours], [one.rate for one in bare]),
        "push_rate": statistics.median(one.rate for one in ours),
        "push_cpu": statistics.median(one.cpu for one in ours),
        "httpx_rate": statistics.median(one.rate for one in bare),
        "httpx_cpu": statistics.median(one.cpu for one in bare),
        "queue": statistics.median(one.rate for one in alone),
        "queue_cpu": statistics.median(one.cpu for one in alone),
    }


def beside_history(run: Run) -> None:
    """Measure signaal and delivery again beside years of use, each by its own yardstick."""
    course, deliveries = run.course, run.deliveries
    rounds, seconds = _turns(run.asked)
    stored = 100_000 if run.asked.quick else run.asked.history
    short = {kind: list(course.samples.get(kind, ())) for kind in (ECHO, SIGNAAL)}
    course.samples.clear()
    for _ in range(0 if short[SIGNAAL] else rounds):
        course.round(seconds, (ECHO, SIGNAAL))
    short |= {kind: samples for kind, samples in course.samples.items() if samples}
    bulk = _bulk_of_copy(deliveries, rounds)
    course.samples.clear()
    asyncio.run(lay_down(course.site, stored, stored // 2))
    course.round(1.0, (ECHO, SIGNAAL))
    course.samples.clear()
    for _ in range(rounds):
        course.round(seconds, (ECHO, SIGNAAL))
    before = ratio(_rates(short[SIGNAAL]), _rates(short[ECHO]))
    after = ratio(_rates(course.samples[SIGNAAL]), _rates(course.samples[ECHO]))
    run.results.samples["history-long"] = middle(course.samples[SIGNAAL])
    run.results.figures |= {
        "signaal_beside_history": after / before,
        "ndjson_beside_history": _bulk_of_copy(deliveries, rounds) / bulk,
    }
    registrations, records = asyncio.run(counted(course.site))
    run.results.notes["history"] = f"{registrations:,} registrations, {records:,} log records"
    if registrations < stored or records < stored // 2:
        run.results.faults.append(f"of {stored} registrations laid down {registrations} were left")


def sealing(run: Run) -> None:
    """Take what the bench of the log finds: its rate, of raw COPY, and how far it is behind."""
    leaves = 100_000 if run.asked.quick else 300_000
    outcome = logboek.run(argparse.Namespace(leaves=leaves))
    rate = min(outcome.values["sealing_few"], outcome.values["sealing_many"])
    run.results.faults += outcome.failures
    run.results.figures |= {
        "sealing": rate,
        "sealing_of_copy": rate / outcome.values["copy"],
        "sealing_behind_seconds": outcome.values["behind"],
    }


def nothing_lies_open(run: Run) -> None:
    """Look for pupils in what all of this left behind."""
    run.results.faults += asyncio.run(at_rest.faults(run.course.site))


def where_it_goes(run: Run) -> None:
    """Sample the stacks of a gateway under load, and divide its CPU time over the steps."""
    course, site = run.course, run.course.site
    seconds, out = 2 * _turns(run.asked)[1], site.folder / "stacks"
    site.start(site.gateways[SAMPLED])
    course.booked(measure(site, *course.signaal_jobs((SAMPLED,), 1.0)))
    pid = site.gateways[SAMPLED].pid
    os.kill(pid, signal.SIGUSR1)
    sample = course.booked(measure(site, *course.signaal_jobs((SAMPLED,), seconds))).sample
    os.kill(pid, signal.SIGUSR2)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not out.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    site.gateways[SAMPLED].stop()
    stacks = out.read_text()
    if run.asked.profile:
        run.asked.profile.write_text(stacks)
    spent = microseconds(read_stacks(stacks.splitlines()), sample.server)
    run.results.spent = {**spent, "PostgreSQL": sample.postgres, "workers": sample.workers}


def _bulk_of_copy(deliveries: Deliveries, rounds: int) -> float:
    ours, raw = [], []
    deliveries.deliver(1_000)
    for _ in range(rounds):
        ours.append(deliveries.deliver(LINES).rate)
        raw.append(copied(deliveries.site, deliveries.last, LINES).rate)
    return ratio(ours, raw)


def _turns(asked: argparse.Namespace) -> tuple[int, float]:
    """Give how many rounds there are, and the seconds of each turn."""
    return (2, 2.0) if asked.quick else (asked.rounds, asked.slice)


def _rates(samples: Sequence[Sample]) -> list[float]:
    return [sample.rate for sample in samples]


def _p99s(samples: Sequence[Sample]) -> list[float]:
    return [sample.spread.p99 for sample in samples]


def _cpus(samples: Sequence[Sample]) -> list[float]:
    return [sample.server for sample in samples]
