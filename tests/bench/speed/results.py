"""All that one run found: read and written as JSON, and shown as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from tests.bench.speed.samples import Sample
from tests.bench.speed.targets import TARGETS, Verdict

NAMES = {
    "echo": "bare FastAPI echo",
    "orm": "FastAPI, one ORM insert",
    "signaal": "signaal, everything on",
    "ndjson": "10,000 registrations (rows)",
    "copy": "raw COPY of them (rows)",
    "copy-whole": "raw COPY of all they leave (rows)",
    "one": "one gateway process",
    "two": "two gateway processes",
    "history-long": "signaal beside a long history",
}


ALSO = {
    "signaal_cpu_of_echo": "CPU of the gateway for a signaal / of the server for an echo",
    "signaal_of_pgbench": "signaal / single-row inserts that PostgreSQL takes, per s",
    "pgbench_rate": "single-row inserts, per s",
    "accepted_p50": "sent to answered 202 at 50/s, p50, ms",
    "accepted_p99": "the same, p99, ms",
    "accepted_p99_upload": "the same while 100,000 lines come in, ms",
    "found_p99_upload": "accepted to seen while 100,000 lines come in, p99, ms",
    "ndjson_of_copy_whole": "10,000 registrations / raw COPY of all rows that they leave",
    "memory_10k_mib": "peak memory of the gateway at 10,000 lines, MiB",
    "memory_100k_mib": "the same at 100,000 lines, MiB",
    "push_rate": "forwarder, notices/s",
    "push_cpu": "CPU of the workers for a notice, microseconds",
    "httpx_rate": "bare httpx, notices/s",
    "httpx_cpu": "CPU of bare httpx for a notice, microseconds",
    "queue_cpu": "CPU of the queue alone for a notice, microseconds",
    "sealing": "log records sealed, per s",
    "sealing_of_copy": "sealing / raw COPY of the same records",
    "sealing_behind_seconds": "longest wait for a seal at 1,500 records/s, s",
}
"""What is measured beside the targets, in words."""


@dataclass
class Results:
    """``figures`` by the names of ``targets`` and others; ``spent``: microseconds of each step."""

    machine: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    samples: dict[str, Sample] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Write all as JSON."""
        path.write_bytes(_RESULTS.dump_json(self, indent=2) + b"\n")


_RESULTS = TypeAdapter(Results)


def read_results(path: Path) -> Results:
    """Read what ``write`` wrote."""
    return _RESULTS.validate_json(path.read_bytes())


def render(results: Results) -> str:
    """Give everything as text."""
    settings = ", ".join(f"{name}={value}" for name, value in results.settings.items())
    lines = [*(f"{k}: {v}" for k, v in results.machine.items()), f"PostgreSQL: {settings}", ""]
    lines += [*_samples(results.samples), "", *_targets(results.figures), ""]
    lines += [f"{name:<62}{value:>14,.4g}" for name, value in _others(results.figures)]
    if results.spent:
        lines += ["", "where the CPU time of one signaal goes, microseconds"]
        lines += [f"  {step:<60}{spent:>14,.0f}" for step, spent in results.spent.items()]
    lines += [f"{name}: {note}" for name, note in results.notes.items()]
    return "\n".join(lines)


def _samples(samples: Mapping[str, Sample]) -> Iterator[str]:
    yield (
        f"{'':<30}{'req/s':>8}{'of echo':>9}{'server':>9}{'postgres':>10}{'workers':>9}"
        f"{'client':>8}{'p50 ms':>9}{'p99 ms':>9}{'others':>8}"
    )
    echo = samples["echo"].rate if "echo" in samples else 0.0
    for name, s in samples.items():
        of_echo = f"{s.rate / echo:.2f}" if echo else "-"
        yield (
            f"{NAMES.get(name, name):<30}{s.rate:>8,.0f}{of_echo:>9}{s.server:>9,.0f}"
            f"{s.postgres:>10,.0f}{s.workers:>9,.0f}{s.generator:>8,.0f}{s.spread.p50:>9.1f}"
            f"{s.spread.p99:>9.1f}{s.others:>8.0%}"
        )
    yield "(server, postgres, workers, client: CPU microseconds a request; others: of the machine)"


def _targets(figures: Mapping[str, float]) -> Iterator[str]:
    for target in TARGETS:
        verdict = target.judge(figures)
        if verdict is not Verdict.NOT_MEASURED:
            value = f"{figures[target.figure]:,.4g}"
            yield f"{target.what:<56}{value:>9}  {target.terms():<24}{verdict}"


def _others(figures: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    return ((what, figures[name]) for name, what in ALSO.items() if name in figures)
