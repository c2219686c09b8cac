"""The three that are compared for each other: echo, ORM insert and signaal, slice after slice."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from exchange.policy.calendar import legal_day
from tests.bench.speed import messages
from tests.bench.speed.jobs import Job, Target, write_requests
from tests.bench.speed.measuring import Measured, measure, place_of
from tests.bench.speed.samples import Sample
from tests.bench.speed.site import SENDERS, Site

ECHO, ORM, SIGNAAL = "echo", "orm", "signaal"
SENDER = SENDERS["99BB00"]
_AGAIN = 2000
_MOST_A_SECOND = 9_000
_AT_LEAST = 300


@dataclass
class Course:
    """Sends slices of each kind and keeps what they cost; ``accepted`` counts signalen."""

    site: Site
    connections: int = 32
    tls: bool = False
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    accepted: int = 0
    faults: list[str] = field(default_factory=list)
    _bodies: Iterator[bytes] = field(init=False)
    _expected: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._bodies = messages.signalen(legal_day(datetime.now(UTC)))

    def warm_up(self, seconds: float = 1.0) -> None:
        """Let every process have seen each kind of request; none of it counts."""
        for kind in (ECHO, ORM, SIGNAAL):
            self._slice(kind, seconds)

    def round(self, seconds: float, kinds: Sequence[str] = (ECHO, ORM, SIGNAAL)) -> None:
        """Give each kind a turn."""
        for kind in kinds:
            measured = self._slice(kind, seconds)
            self.samples.setdefault(kind, []).append(measured.sample)

    def signaal_jobs(
        self,
        gateways: Sequence[int],
        seconds: float,
        rate: float | None = None,
        follow: str | None = None,
    ) -> Iterator[Job]:
        """Give a job with new signalen for each of these gateways.

        ``follow`` names the recipient that looks for each in its mailbox.
        """
        expected = rate or self._expected.get(SIGNAAL, _MOST_A_SECOND / 3)
        count = int(max(expected * (1 if rate else 2) * seconds, _AT_LEAST)) + self.connections
        for number in gateways:
            path = place_of(self.site, f"{SIGNAAL}-{number}")
            write_requests(path, itertools.islice(self._signalen(follow), count))
            target = self.site.tls(SENDER) if self.tls else self.site.gateway(number)
            looks = self.site.client_cert(follow) if follow else None
            at_once = self.connections // len(gateways)
            yield Job(target, path, at_once, seconds, rate, follow=looks)

    def booked(self, measured: Measured) -> Measured:
        """Count what signalen were accepted; whatever else was answered is a fault."""
        self.accepted += measured.sent.accepted
        self._expect(SIGNAAL, measured)
        return measured

    def _slice(self, kind: str, seconds: float) -> Measured:
        if kind == SIGNAAL:
            return self.booked(measure(self.site, *self.signaal_jobs((0,), seconds)))
        path = place_of(self.site, kind)
        if not path.exists():
            bodies = itertools.islice(messages.signalen(legal_day(datetime.now(UTC))), _AGAIN)
            write_requests(path, (messages.post(f"/{kind}", body) for body in bodies))
        job = Job(self._yardstick(), path, self.connections, seconds, again=True)
        measured = measure(self.site, job)
        self._expect(kind, measured)
        return measured

    def _expect(self, kind: str, measured: Measured) -> None:
        self._expected[kind] = measured.sample.rate
        sent = measured.sent
        if sent.accepted != sent.answered or set(sent.statuses) - {"202"}:
            said = "" if kind != SIGNAAL else self.site.gateways[0].last_fault()
            self.faults.append(f"{kind}: {sent.statuses} {sent.complaint[:200]} {said}")

    def _yardstick(self) -> Target:
        return self.site.yardstick_tls(SENDER) if self.tls else self.site.yardstick()

    def _signalen(self, follow: str | None) -> Iterator[bytes]:
        identity = None if self.tls else self.site.client_cert(SENDER)
        for body in self._bodies:
            if follow is None or messages.is_for(body, follow):
                yield messages.post(messages.SIGNALEN, body, identity)
