"""The load generator: prebuilt requests over raw connections, in a process of its own.

``python -m tests.bench.speed.generator`` reads a ``Job`` from standard input and prints what came
of it. Without a ``rate`` the loop is closed: each connection sends its next request when it has its
answer. With one, a request is due at its moment whatever happened to those before it, and is timed
from that moment, also when it had to wait for a connection.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import sys
import time
from array import array
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import uvloop
from pydantic import TypeAdapter

from tests.bench.speed.jobs import Job, Sent, Target, read_requests
from tests.bench.speed.quantiles import spread_of

_LENGTH = b"content-length: "
_BERICHT = re.compile(rb'"berichtId":\s*"([0-9a-f-]{36})"')
_LOOK = (
    b"HEAD /v1/berichten/%s HTTP/1.1\r\nhost: localhost\r\naccept: application/jose\r\n"
    b"client-cert: %s\r\n\r\n"
)
_PATIENCE_SECONDS = 300.0


@dataclass
class Run:
    """The state that all connections share."""

    job: Job
    waiting: Iterator[bytes]
    milliseconds: array[float] = field(default_factory=lambda: array("d"))
    seen: array[float] = field(default_factory=lambda: array("d"))
    found: array[float] = field(default_factory=lambda: array("d"))
    statuses: Counter[str] = field(default_factory=Counter)
    complaint: str = ""
    bodies: list[bytes] = field(default_factory=list)
    until: float = 0.0
    last: float = 0.0
    free: deque[Caller] = field(default_factory=deque)
    late: deque[float] = field(default_factory=deque)
    """Moments at which requests were due that no connection was free for."""

    def note(self, head: bytes, body: bytes, due: float) -> None:
        """Book one answer."""
        self.last = time.perf_counter()
        self.milliseconds.append((self.last - due) * 1000)
        status = head[9:12].decode("ascii", "replace")
        self.statuses[status] += 1
        if not status.startswith("2"):
            self.complaint = self.complaint or body[:300].decode("utf-8", "replace")
        elif self.job.answers is not None:
            self.bodies.append(body.replace(b"\n", b""))

    def saw(self, head: bytes, due: float, accepted: float) -> None:
        """Book that a message was seen; an answer that is no 200 is counted and seen by nobody."""
        self.last = time.perf_counter()
        if head[9:12] == b"200":
            self.seen.append((self.last - due) * 1000)
            self.found.append((self.last - accepted) * 1000)
        else:
            self.statuses["HEAD " + head[9:12].decode("ascii", "replace")] += 1


class Caller(asyncio.Protocol):
    """One connection with one request under way."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._transport: Any = None
        self._got = b""
        self._due = self._accepted = 0.0
        self._looks_for = b""
        self.is_busy = False
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; nothing is sent yet."""
        self._transport = transport

    def send_next(self, due: float) -> bool:
        """Send the next request, if there is one."""
        request = next(self._run.waiting, None)
        if request is None:
            return False
        self.is_busy, self._due = True, due
        self._transport.write(request)
        return True

    def data_received(self, data: bytes) -> None:
        """Take an answer; what follows depends on the kind of loop."""
        got = self._got = self._got + data if self._got else data
        end = got.find(b"\r\n\r\n")
        if end < 0:
            return
        if len(got) < end + 4 + self._length(got, end):
            return
        self._got = b""
        if self._looks_for or not self._follow(got, end):
            self._answered(got, got[end + 4 :])

    def _length(self, got: bytes, end: int) -> int:
        """Give how long a body is; a HEAD has none, whatever it says."""
        place = got.find(_LENGTH, 0, end + 2)
        if self._looks_for or place < 0:
            return 0
        return int(got[place + len(_LENGTH) : got.index(b"\r", place)])

    def _follow(self, got: bytes, end: int) -> bool:
        """Go and look for what was just accepted, as its recipient."""
        if self._run.job.follow is None or got[9:10] != b"2":
            return False
        self._run.note(got, got[end + 4 :], self._due)
        self._accepted = self._run.last
        bericht_id = _BERICHT.search(got, end)
        assert bericht_id is not None
        self._looks_for = _LOOK % (bericht_id[1], self._run.job.follow.encode())
        self._transport.write(self._looks_for)
        return True

    def _answered(self, got: bytes, body: bytes) -> None:
        if self._looks_for and got[9:12] == b"404":  # not there yet: look again
            self._transport.write(self._looks_for)
            return
        if self._looks_for:
            self._run.saw(got, self._due, self._accepted)
        else:
            self._run.note(got, body, self._due)
        self.is_busy, self._looks_for = False, b""
        if self._run.job.rate is None:
            self._go_on()
        elif self._run.late:
            self.send_next(self._run.late.popleft())
        else:
            self._run.free.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection that went while it owed an answer is an answer that is wrong."""
        if self.is_busy:
            self._run.statuses["lost"] += 1
        self.stop()

    def stop(self) -> None:
        """Let whoever waits for this connection go on."""
        if not self.done.done():
            self.done.set_result(None)

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def _go_on(self) -> None:
        now = time.perf_counter()
        if now >= self._run.until or not self.send_next(now):
            self.stop()


async def closed_loop(run: Run, callers: list[Caller]) -> None:
    """Let every connection send as fast as it is answered."""
    for caller in callers:
        if not caller.send_next(time.perf_counter()):
            caller.stop()
    await asyncio.wait([caller.done for caller in callers], timeout=_PATIENCE_SECONDS)


async def open_loop(run: Run, callers: list[Caller], begin: float, rate: float) -> None:
    """Send what is due, on whichever connection is free."""
    run.free.extend(callers)
    for number in range(int(rate * run.job.seconds)):
        due = begin + number / rate
        if (rest := due - time.perf_counter()) > 0:
            await asyncio.sleep(rest)
        if not run.free:
            run.late.append(due)
        elif not run.free.popleft().send_next(due):
            break
    patience = time.perf_counter() + _PATIENCE_SECONDS
    while any(caller.is_busy for caller in callers) and time.perf_counter() < patience:  # noqa: ASYNC110  at the end only
        await asyncio.sleep(0.002)


async def carried_out(job: Job) -> Sent:
    """Connect, send, and count."""
    requests = read_requests(job.requests)
    run = Run(job, _repeated(requests) if job.again else iter(requests))
    callers = [await _connected(run) for _ in range(job.connections)]
    begin, cpu = time.perf_counter(), time.process_time()
    run.until = begin + job.seconds
    if job.rate is None:
        await closed_loop(run, callers)
    else:
        await open_loop(run, callers, begin, job.rate)
    cpu = time.process_time() - cpu
    for caller in callers:
        run.statuses["unanswered"] += caller.is_busy
        caller.close()
    if job.answers is not None:
        job.answers.write_bytes(b"".join(body + b"\n" for body in run.bodies))
    return Sent(
        answered=len(run.milliseconds),
        accepted=sum(n for status, n in run.statuses.items() if status.startswith("2")),
        statuses={status: n for status, n in run.statuses.items() if n},
        complaint=run.complaint,
        seconds=max(run.last - begin, 1e-9),
        cpu=cpu,
        spread=spread_of(run.milliseconds),
        seen=spread_of(run.seen) if run.seen else None,
        found=spread_of(run.found) if run.found else None,
    )


def tls_of(target: Target) -> ssl.SSLContext | None:
    """Give the context of a target that speaks TLS."""
    if target.ca is None:
        return None
    context = ssl.create_default_context(cafile=target.ca)
    if target.certificate is not None:
        context.load_cert_chain(target.certificate, target.key)
    return context


async def _connected(run: Run) -> Caller:
    loop, target = asyncio.get_running_loop(), run.job.target
    if target.unix is not None:
        path = str(target.unix)
        return (await loop.create_unix_connection(lambda: Caller(run), path))[1]
    tls = tls_of(target)
    made = await loop.create_connection(lambda: Caller(run), "localhost", target.port, ssl=tls)
    return made[1]


def _repeated(requests: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from requests


def main() -> None:
    """Do the job of standard input."""
    job = TypeAdapter(Job).validate_json(sys.stdin.buffer.read())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sent = runner.run(carried_out(job))
    sys.stdout.write(TypeAdapter(Sent).dump_json(sent).decode())


if __name__ == "__main__":
    main()
