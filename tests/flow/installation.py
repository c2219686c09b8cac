"""A whole installation in one folder: real PostgreSQL, gateway, workers and receivers over mTLS.

What a production site has, in small: its own certificate authority, logins with a passfile, keys in
a folder, parties, mandates and registers. Every part is a process that can be killed.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import httpx

from adapters.http import client_context
from exchange.config import Listen, Settings
from exchange.errors import Unavailable
from exchange.policy.calendar import legal_day
from exchange.storage.embedded import EmbeddedPostgres
from exchange.storage.faults import DATABASE_ERRORS
from exchange.storage.tables import LIVE
from tests.flow import audit
from tests.flow.deliveries import Registers
from tests.flow.killable import GATEWAY, SCENE, WORKERS
from tests.flow.ledger import Acked, Effect, Findings, Ledger, effects_in, judge
from tests.flow.orders import Order, Scene
from tests.flow.schools import ALKMAAR, ROTTERDAM, Schools
from tests.flow.setup import enrol, journal_of, make_certificates, prepare, receiver_plan
from tests.integration.api.world import BELEID, OINS


def receiver_of(recipient: str) -> str:
    """Name the part that receives for a recipient."""
    return f"receiver-{recipient}"


CODE = Path(__file__).resolve().parents[2]
RECIPIENTS = (ALKMAAR.recipient, ROTTERDAM.recipient)
RECEIVERS = tuple(map(receiver_of, RECIPIENTS))
PARTS = (GATEWAY, WORKERS, *RECEIVERS)
NOTHING = Findings()
"""What a crash test must find."""
_HOST = "127.0.0.1"
_NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
_PORTS = range(20_000, 30_000)
"""Below those that the system gives to clients, so that none of ours takes a dead gateway's."""
_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 40.0


class Supervisor:
    """The process that makes and replaces all others (``tests.flow.killable``)."""

    def __init__(self, log: Path) -> None:
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                (sys.executable, "-m", "tests.flow.killable"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=CODE,
                text=True,
            )

    async def run(self, folder: Path, part: str, *, wanted: bool = True) -> None:
        """Start a part, or end it for good."""
        line = json.dumps({"folder": str(folder), "part": part, "run": wanted})
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = await asyncio.to_thread(self._process.stdout.readline)
        assert answer, "the supervisor has gone; see its log"

    def close(self) -> None:
        """End it and with it every part."""
        self._process.communicate()


class Installation:
    """One running installation; made by ``installed``."""

    def __init__(self, folder: Path, postgres: EmbeddedPostgres, supervisor: Supervisor) -> None:
        self.folder = folder
        self.postgres = postgres
        self.scene = Scene(folder / SCENE)
        self.ledger = Ledger(folder / "ledger")
        self.settings = Settings.load(folder, {})
        self.today = legal_day(datetime.now(UTC))
        self._supervisor = supervisor
        self._guard: asyncio.Task[None] | None = None
        self._closing = False
        self._asking: asyncpg.Connection | None = None
        self.clients = {name: self._client(name) for name in ("las-noord", "las-zuid")}
        self.schools = Schools(self.clients, self.ledger, self.today)
        self.registers = Registers(self.clients, self.today)

    async def run(self, *parts: str) -> None:
        """Start parts; one that runs is left alone."""
        for part in parts:
            await self._supervisor.run(self.folder, part)

    async def rest(self, *parts: str) -> None:
        """End parts for good."""
        for part in parts:
            await self._supervisor.run(self.folder, part, wanted=False)

    def guard_postgres(self) -> None:
        """Start PostgreSQL again whenever it dies, until ``close``."""
        self._guard = asyncio.create_task(self._keep_postgres())

    async def leave_postgres(self) -> None:
        """Guard PostgreSQL no longer: what dies now stays dead until it is guarded again."""
        if self._guard is not None:
            self._closing = True
            await self._guard
            self._guard, self._closing = None, False

    async def close(self) -> None:
        """End everything; the folder stays."""
        await self.rest(*PARTS)
        for client in self.clients.values():
            await client.aclose()
        self.ledger.close()
        if self._asking is not None:
            self._asking.terminate()
        await self.leave_postgres()

    def order(
        self, part: str, point: str, *victims: str, passage: int = 1, drop: bool = False
    ) -> None:
        """Have ``victims`` killed when ``part`` passes ``point``."""
        self.scene.give(part, Order(point, passage, victims, drop))

    async def calm_down(self) -> None:
        """Forget orders that were not carried out, and let everything run."""
        for part in PARTS:
            self.scene.withdraw(part)
        await self.run(*PARTS)

    async def send_while_killing(self, point: str, *victims: str) -> list[Acked]:
        """Send a few signalen at the same time and kill when the gateway passes a point.

        Each is sent once more afterwards, as by a school that missed the answer.
        """
        self.order(GATEWAY, point, *victims, passage=3)
        answers = await self.schools.send(5)
        await self.carried_out(GATEWAY)
        await self.schools.repeat(answers)
        return answers

    async def end_leases(self) -> None:
        """Let the time pass that a dead worker's lease lasts and a failed notice waits."""
        await self.ready()
        await self.sql(
            "UPDATE outbox SET push_lease_until = NULL, push_due_at = now()"
            " WHERE push_status = 'wachtend'"
        )

    async def carried_out(self, part: str) -> None:
        """Wait until the order for ``part`` was carried out: without that a case proves nothing."""
        await self.until(lambda: self.scene.done(part), f"{part} carries out its order")

    async def drained(self) -> None:
        """Wait until nothing waits in any mailbox."""
        waiting = f"SELECT count(*) = 0 FROM outbox WHERE {LIVE}"  # noqa: S608  our own words
        await self.until_sql(waiting, "the mailboxes are empty")

    async def findings(self) -> Findings:
        """Compare the ledger with the journals and the tables, over everything since the start."""
        rows = await self.sql("SELECT bericht_id FROM terugmeldingen WHERE status = 'geparkeerd'")
        return judge(
            self.ledger.sent(),
            self.ledger.acked(),
            self.effects(),
            [str(row["bericht_id"]) for row in rows],
            [*await self._inconsistencies(), *self._faults()],
        )

    def effects(self) -> list[Effect]:
        """Give what the recipients wrote down."""
        return effects_in({name: self.journal(name) for name in RECIPIENTS})

    def journal(self, recipient: str) -> Path:
        """Give the journal of a recipient."""
        return journal_of(self.folder, recipient)

    async def sql(self, query: str, *values: object) -> list[Any]:
        """Ask PostgreSQL as its superuser; it must be up."""
        if self._asking is None or self._asking.is_closed():
            self._asking = await asyncpg.connect(self.postgres.url, timeout=5)
        try:
            return list(await self._asking.fetch(query, *values))
        except BaseException:
            self._asking.terminate()
            raise

    @asynccontextmanager
    async def superuser(self) -> AsyncIterator[asyncpg.Connection]:
        """Open a connection that sees everything."""
        conn = await asyncpg.connect(self.postgres.url, timeout=5)
        try:
            yield conn
        finally:
            conn.terminate()

    @asynccontextmanager
    async def locked(
        self, statement: str, login: str
    ) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """Hold what ``statement`` locks, and give what waits until ``login`` wants it.

        So a process can be caught between two statements, without a word to it.
        """
        async with self.superuser() as conn:
            await conn.execute("BEGIN")
            await conn.execute(statement)

            async def wanted() -> None:
                await self.until_sql(
                    "SELECT count(*) > 0 FROM pg_stat_activity"
                    " WHERE wait_event_type = 'Lock' AND application_name = $1",
                    f"{login} waits for the lock",
                    login,
                )

            yield wanted

    async def until_sql(self, query: str, what: str, *values: object) -> None:
        """Wait until a query answers true, however often PostgreSQL dies meanwhile."""

        async def is_so() -> bool:
            with suppress(*DATABASE_ERRORS):
                return bool((await self.sql(query, *values))[0][0])
            return False

        await until(is_so, what)

    async def until(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until something holds."""

        async def asked() -> bool:
            return is_so()

        await until(asked, what)

    async def ready(self) -> None:
        """Wait until the gateway says that it is."""

        async def is_ready() -> bool:
            with suppress(httpx.TransportError):
                place = self.settings.operator_listen
                assert place is not None
                async with httpx.AsyncClient() as client:
                    answer = await client.get(f"http://{place.host}:{place.port}/readyz")
                return answer.status_code == 200
            return False

        await until(is_ready, "the gateway is ready")

    def _faults(self) -> list[str]:
        """Give what a process called its own fault; a crash of another one is no excuse.

        A client that dies in the middle of its request is no fault, whatever it is called.
        """
        return [
            f"{part}: {line}"
            for part in (GATEWAY, WORKERS)
            for line in (self.folder / "logs" / f"{part}.log").read_text().splitlines()
            if '"event": "fault"' in line and "ClientDisconnect" not in line
        ]

    async def _inconsistencies(self) -> list[str]:
        async with self.superuser() as conn:
            return await audit.inconsistencies(conn)

    async def _keep_postgres(self) -> None:
        while not self._closing:
            with suppress(Unavailable):  # it may be killed while it starts
                await asyncio.to_thread(self.postgres.ensure_running)
            await asyncio.sleep(_LOOK_SECONDS)

    def _client(self, name: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=base_url(self.settings), verify=context_of(self.folder, name), trust_env=False
        )


def base_url(settings: Settings) -> str:
    """Give the gateway's address."""
    assert settings.listen is not None
    return f"https://localhost:{settings.listen.port}"


def context_of(folder: Path, name: str) -> ssl.SSLContext:
    """Give the TLS context of a party."""
    pki = folder / "pki"
    return client_context(pki / "ca.pem", pki / f"{name}.pem", pki / f"{name}.key")


async def until(is_so: Callable[[], Any], what: str) -> None:
    """Wait until ``is_so`` gives true; fail naming ``what`` did not come."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not await is_so():  # noqa: ASYNC110  other processes set no event
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        raise AssertionError(f"not within {_PATIENCE_SECONDS:.0f} s: {what}") from None


@asynccontextmanager
async def installed(
    folder: Path,
    supervisor: Supervisor,
    push_url: str | None = None,
    postgres_settings: Mapping[str, str] = _NO_SETTINGS,
) -> AsyncIterator[Installation]:
    """Set up and start an installation; notices to Rotterdam's leerplicht go to ``push_url``."""
    for name in ("logs", "pki", "receivers"):
        (folder / name).mkdir()
    Scene(folder / SCENE).prepare()
    make_certificates(folder / "pki", OINS)
    postgres = await asyncio.to_thread(EmbeddedPostgres.open, folder, settings=postgres_settings)
    try:
        Scene(folder / SCENE).note_data_folder(postgres.data_folder)
        ports = Listen(host=_HOST, port=free_port()), Listen(host=_HOST, port=free_port())
        settings = await prepare(folder, postgres, *ports)
        await enrol(settings, {ROTTERDAM.recipient: push_url} if push_url else {})
        installation = Installation(folder, postgres, supervisor)
        for name in RECIPIENTS:
            plan = folder / "receivers" / f"{receiver_of(name)}.json"
            plan.write_text(json.dumps(receiver_plan(folder, base_url(settings), name)))
        installation.guard_postgres()
        try:
            await _open_doors(installation)
            yield installation
        finally:
            await installation.close()
    finally:
        await asyncio.to_thread(postgres.remove)


def free_port() -> int:
    """Give a port of ours that nobody listens on."""
    for port in random.sample(_PORTS, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((_HOST, port))
                return port
    raise AssertionError("no free port")


async def _open_doors(installation: Installation) -> None:
    """Start every part; the receivers register their keys, the schools lay down their policy."""
    await installation.run(*PARTS)
    await installation.ready()
    for place in (ALKMAAR, ROTTERDAM):
        path = f"/v1/vestigingen/{place.vestigingscode}/verzuimbeleid"
        answer = await installation.clients[place.sender].put(path, json=BELEID)
        assert answer.status_code == 201, answer.text
    registered = "SELECT count(*) = 2 FROM recipient_keys WHERE status = 'actief'"
    await installation.until_sql(registered, "both recipients have registered their keys")
