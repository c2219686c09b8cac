"""Measures the proxy: what it costs, and what 400 half-open connections cost those who are served.

A real gateway and PostgreSQL behind a real HAProxy as it is delivered. Signalen are sent at a fixed
rate and timed from the moment at which each was due; the gateway's own listener, the proxy, and the
proxy under attack take turns, so that all three have the same neighbours.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.bench.outcome import Outcome
from tests.edge.haproxy import Proxy
from tests.edge.parties import make_parties
from tests.edge.site import Site, sited
from tests.flow.schools import ALKMAAR

_HALF_OPEN = 400
_CLIENTS = 8
_ROUNDS = 8
_WARMING_UP = 20
_MOST_RATIO = 2.0


@dataclass
class Series:
    """The milliseconds of each call over one way."""

    name: str
    milliseconds: list[float] = field(default_factory=list)
    failed: int = 0

    def quantile(self, percent: int) -> float:
        """Give a percentile."""
        return statistics.quantiles(self.milliseconds, n=100, method="inclusive")[percent - 1]

    def as_json(self) -> dict[str, float]:
        """Give what is reported of it."""
        return {
            "calls": len(self.milliseconds),
            "failed": self.failed,
            "p50": self.quantile(50),
            "p99": self.quantile(99),
            "largest": max(self.milliseconds),
        }


def run(asked: argparse.Namespace) -> Outcome:
    """Let the three take turns."""
    with tempfile.TemporaryDirectory(prefix="vx-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        found = asyncio.run(_measure(Path(folder), asked.rate, asked.seconds))
    direct, calm, attacked = found
    ratio = attacked.quantile(99) / calm.quantile(99)
    values = {series.name: series.as_json() for series in found} | {
        "half_open": _HALF_OPEN,
        "p99_ratio": ratio,
        "p50_ratio": attacked.quantile(50) / calm.quantile(50),
        "overhead_p50_ms": calm.quantile(50) - direct.quantile(50),
    }
    failures = [f"{s.failed} calls failed: {s.name}" for s in found if s.failed]
    if ratio > _MOST_RATIO:
        failures.append(
            f"p99 grew by a factor {ratio:.2f} under {_HALF_OPEN} half-open connections"
        )
    return Outcome(_render(found, ratio), values, failures)


async def _measure(folder: Path, rate: float, seconds: float) -> list[Series]:
    async with sited(folder, make_parties(folder / "pki")) as site:
        return await asyncio.to_thread(_take_turns, site, rate, int(rate * seconds / _ROUNDS))


def _take_turns(site: Site, rate: float, calls: int) -> list[Series]:
    direct, calm = Series("the gateway itself"), Series("through the proxy")
    attacked = Series(f"the same, beside {_HALF_OPEN} half-open connections")
    turns = [(direct, site.direct), (calm, site.client), (attacked, site.client)]
    with ThreadPoolExecutor(_CLIENTS) as threads:
        for number in range(_ROUNDS):
            for series, open_client in turns[number % 3 :] + turns[: number % 3]:
                attack = _half_open(site.proxy) if series is attacked else nullcontext()
                with open_client(ALKMAAR.sender) as client, attack:
                    for _ in range(_WARMING_UP):
                        _send(client, next(site.bodies), time.perf_counter())
                    _send_at_rate(threads, client, site, series, rate, calls)
    return [direct, calm, attacked]


def _send_at_rate(
    threads: ThreadPoolExecutor,
    client: httpx.Client,
    site: Site,
    series: Series,
    rate: float,
    calls: int,
) -> None:
    begin, answers = time.perf_counter() + 0.1, []
    for number in range(calls):
        due = begin + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        answers.append(threads.submit(_send, client, next(site.bodies), due))
    for answer in answers:
        took, accepted = answer.result()
        series.milliseconds.append(took)
        series.failed += not accepted


def _send(client: httpx.Client, body: dict[str, Any], due: float) -> tuple[float, bool]:
    answer = client.post("/v1/signalen", json=body, headers={"idempotency-key": str(uuid4())})
    return (time.perf_counter() - due) * 1000, answer.status_code == httpx.codes.ACCEPTED


@contextmanager
def _half_open(proxy: Proxy) -> Iterator[None]:
    """Have another process hold them, so that it takes no turn of the senders."""
    command = (sys.executable, "-m", "tests.bench.half_open")
    holder = subprocess.Popen(
        (*command, str(proxy.port), str(proxy.parties.ca), str(_HALF_OPEN)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"holding\n"
    try:
        yield
    finally:
        holder.communicate()


def _render(found: list[Series], ratio: float) -> str:
    lines = [f"{'POST /v1/signalen, milliseconds from when due':<58}{'p50':>9}{'p99':>9}{'max':>9}"]
    lines += [
        f"{s.name:<58}{s.quantile(50):>9.1f}{s.quantile(99):>9.1f}{max(s.milliseconds):>9.1f}"
        for s in found
    ]
    return "\n".join([*lines, "", f"p99 with / without half-open connections: {ratio:.2f}"])
