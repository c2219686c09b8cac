"""Registrations in bulk: a delivery over HTTP, from its first byte to its receipt."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from exchange.policy.calendar import legal_day
from tests.bench.speed import clocks, messages
from tests.bench.speed.jobs import Job, Sent, write_requests
from tests.bench.speed.measuring import measure, place_of
from tests.bench.speed.samples import Sample
from tests.bench.speed.site import SENDERS, Site

LINES, MANY = 10_000, 100_000
_PATH, _NDJSON = "/v1/verzuimregistraties", "application/x-ndjson"
_PATIENCE_SECONDS = 300.0


@dataclass
class Deliveries:
    """Delivers to one vestiging, ever new numbers; ``lines`` counts what was taken."""

    site: Site
    vestiging: str = "99CC00"
    lines: int = 0
    faults: list[str] = field(default_factory=list)
    serial: int = 0
    last: str = ""
    """The berichtId of the last delivery."""

    def job(self, lines: int) -> Job:
        """Give a job that sends one new delivery."""
        self.serial += 1
        today = legal_day(datetime.now(UTC))
        body = messages.registrations(today, lines, self.serial, self.vestiging)
        identity = self.site.client_cert(SENDERS[self.vestiging])
        path = place_of(self.site, "delivery")
        write_requests(path, iter([messages.post(_PATH, body, identity, _NDJSON)]))
        answers = path.with_suffix(".answers")
        return Job(self.site.gateway(), path, 1, _PATIENCE_SECONDS, answers=answers)

    def deliver(self, lines: int) -> Sample:
        """Send one and give what it cost, a line."""
        job = self.job(lines)
        measured = measure(self.site, job)
        self.book(job, lines, measured.sent)
        return _per_line(measured.sample, lines)

    def book(self, job: Job, lines: int, sent: Sent) -> None:
        """Read the receipt: all lines must have been taken."""
        self.lines += lines
        receipts = (job.answers or job.requests).read_bytes().splitlines()
        receipt = json.loads(receipts[0]) if sent.accepted == 1 else {}
        if receipt.get("aantalAangenomen") != lines:
            self.faults.append(f"delivery of {lines}: {sent.statuses} {receipt}"[:500])
        self.last = receipt.get("berichtId", self.last)

    def peak_mib(self, lines: int) -> float:
        """Give the most memory that the gateway had during one more delivery."""
        pid = self.site.gateways[0].pid
        clocks.forget_peak(pid)
        self.deliver(lines)
        return clocks.memory_mib(pid, "VmHWM")


def _per_line(sample: Sample, lines: int) -> Sample:
    """Turn the cost of one request into that of each of its lines."""
    return replace(
        sample,
        rate=sample.rate * lines,
        server=sample.server / lines,
        postgres=sample.postgres / lines,
        workers=sample.workers / lines,
        generator=sample.generator / lines,
    )
