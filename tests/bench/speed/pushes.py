"""Notices on their way out: the real worker against bare httpx, and its queue alone."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import uvloop

from adapters.system import SystemClock
from exchange.messages.identifiers import Oin
from exchange.pipeline.forward import AT_ONCE
from exchange.ports import Push, PushOutcome
from exchange.storage import directory
from exchange.workers.forwarder import Forwarder
from exchange.workers.loop import turn
from tests.bench.speed import clocks
from tests.bench.speed.site import Site
from tests.flow.installation import CODE, free_port
from tests.integration.servers import TestDatabase

RECIPIENTS = 8
UNDER_WAY = RECIPIENTS * AT_ONCE
_OF_THE_QUEUE = 64
_FIRST = 400_000_000
_PATIENCE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Pushed:
    """Notices a second, and CPU microseconds of the sender for each."""

    rate: float
    cpu: float


class Receiver:
    """The hook in its own process."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self.port = port

    def ask(self, line: bytes = b"count\n") -> dict[str, float]:
        """Give what came since it was told to ``forget``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line)
        self._process.stdin.flush()
        answer: dict[str, float] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def receiving(site: Site) -> Iterator[Receiver]:
    """Start the hook; it stops at the end."""
    port = free_port()
    command = (sys.executable, "-m", "tests.bench.speed.hook", str(port), str(site.folder / "pki"))
    process = subprocess.Popen(command, cwd=CODE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield Receiver(process, port)
    finally:
        process.communicate()


def by_httpx(site: Site, receiver: Receiver, count: int) -> Pushed:
    """Push with nothing but httpx."""
    receiver.ask(b"forget\n")
    module, ca = "tests.bench.speed.bare_pushes", str(site.folder / "pki" / "ca.pem")
    done = subprocess.run(
        (sys.executable, "-m", module, str(receiver.port), ca, str(count), str(UNDER_WAY)),
        cwd=CODE,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"bare httpx: {done.stderr[-500:]}")
    return Pushed(receiver.ask()["rate"], float(done.stdout) / count * 1e6)


def by_the_worker(site: Site, receiver: Receiver, count: int) -> Pushed:
    """Let notices wait, start the workers, and see how fast they arrive; each must, once."""
    site.workers.stop()
    url = f"https://localhost:{receiver.port}/hook"
    asyncio.run(_fill(site, RECIPIENTS, count, url))
    receiver.ask(b"forget\n")
    site.start(site.workers)
    early, cpu = _until(site, receiver, count // 10), clocks.of_processes([site.workers.pid])
    late = _until(site, receiver, count - count // 10)
    cpu = clocks.of_processes([site.workers.pid]) - cpu
    found = _until(site, receiver, count)
    asyncio.run(_empty(site))
    if found["count"] != count or found["distinct"] != count:
        raise SystemExit(f"{count} notices waited, {found} came")
    return Pushed(found["rate"], cpu / max(late["count"] - early["count"], 1) * 1e6)


def queue_alone(site: Site, count: int) -> Pushed:
    """Lease and finish notices whose recipients answer in no time; with no worker beside it."""
    site.workers.stop()
    asyncio.run(_fill(site, _OF_THE_QUEUE, count, "https://localhost:1/hook"))
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            seconds, cpu = runner.run(_drain(site, count))
    finally:
        asyncio.run(_empty(site))
        site.start(site.workers)
    return Pushed(count / seconds, cpu / count * 1e6)


class _AtOnce:
    """A sender whose notices are all delivered at once."""

    def __init__(self, count: int) -> None:
        self._left = count
        self.done = asyncio.Event()

    async def send(self, push: Push) -> PushOutcome:
        """Deliver it."""
        self._left -= 1
        if self._left == 0:
            self.done.set()
        return PushOutcome.DELIVERED


async def _drain(site: Site, count: int) -> tuple[float, float]:
    sender, freed = _AtOnce(count), asyncio.Event()
    database = TestDatabase(site.database, site.folder / "passfile")
    async with database.login("exchange_worker") as worker, database.raw() as root:
        forwarder = Forwarder(worker, sender, SystemClock(), freed)
        begun, cpu = time.perf_counter(), time.process_time()
        working = asyncio.create_task(turn("forwarder", forwarder.work, 1.0, freed))
        await asyncio.wait_for(sender.done.wait(), _PATIENCE_SECONDS)
        while await root.fetchval(_WAITING):  # noqa: ASYNC110  rows set no event
            await asyncio.sleep(0.005)
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        await forwarder.close()
    return seconds, cpu


def _until(site: Site, receiver: Receiver, count: int) -> dict[str, float]:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (found := receiver.ask())["count"] < count and time.monotonic() < deadline:
        site.workers.require_alive()
        time.sleep(0.02)
    return found


async def _fill(site: Site, recipients: int, count: int, url: str) -> None:
    database = TestDatabase(site.database, site.folder / "passfile")
    async with database.login("exchange_operator") as operator, operator.transaction() as conn:
        for number in range(recipients):
            oin = Oin(f"00000099{_FIRST + number}000")
            await directory.add_party(conn, oin, f"melding {number}", url, datetime.now(UTC))
    connection = await asyncpg.connect(site.database)
    try:
        await connection.execute(_NOTICES, count, recipients, _FIRST)
        await connection.execute("ANALYZE outbox")
    finally:
        await connection.close()


async def _empty(site: Site) -> None:
    connection = await asyncpg.connect(site.database)
    try:
        await connection.execute("DELETE FROM messages WHERE sender = $1", _SENDER)
        await connection.execute("VACUUM ANALYZE outbox")
    finally:
        await connection.close()


_SENDER = "00000099499999999000"
"""Of no other message, so that what this made can be found and removed."""

_WAITING = "SELECT EXISTS (SELECT FROM outbox WHERE push_status = 'wachtend')"

_NOTICES = f"""
    WITH made AS (
        INSERT INTO messages (bericht_id, soort, vestigingscode, schooljaar, periode, event_day,
                              sender, received_at, digest, policy_date, entry, receipt)
        SELECT id, 'verzuimmelding', '99BB00', 2026, '2026-10', current_date, '{_SENDER}',
               now(), decode('01', 'hex') || sha256('d'), current_date, id, 'r'
        FROM generate_series(1, $1::integer) AS n,
             LATERAL (SELECT ('01a10000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid)
             AS made(id)
        RETURNING bericht_id, soort, vestigingscode, schooljaar
    )
    INSERT INTO outbox (bericht_id, rol, recipient, soort, vestigingscode, schooljaar, purpose, kid,
                        payload, created_at, push_status, push_due_at)
    SELECT bericht_id, 'leerplicht',
           '00000099' || $3::integer + (row_number() OVER ())::integer % $2::integer || '000',
           soort, vestigingscode, schooljaar, 'p', 'k', 'p', now(), 'wachtend', now()
    FROM made
"""  # noqa: S608  our own words
