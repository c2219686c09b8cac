"""The only place that builds objects from settings, and the only one that knows the adapters."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

from adapters.identity.mtls import TlsProtocol, peer_from_tls, tls_context
from adapters.identity.proxy import peer_from_client_cert_header
from adapters.keys.file import FileKeyProvider
from adapters.leerplicht.keyfile import KeyFile
from adapters.leerplicht.receiver import Receiver, ReceiverSettings
from adapters.party import PartyClient
from adapters.push.destination import push_target
from adapters.push.sender import HttpPushSender, PushSettings
from adapters.system import SystemClock, SystemIds
from exchange import __version__
from exchange.api.app import build_app
from exchange.api.operator import build_operator_app
from exchange.api.serving import App, Listener, serve_all
from exchange.api.visit import Door, PeerOf
from exchange.config import Settings
from exchange.crypto.certificates import read_certificate
from exchange.errors import Code, ExchangeError, Unavailable
from exchange.messages.identifiers import Oin
from exchange.pipeline.gateway import Gateway, Steps
from exchange.pipeline.stages import Limits
from exchange.policy.calendar import legal_day
from exchange.policy.necessity import Mode, Necessity, read_necessity
from exchange.policy.parties import Directory
from exchange.ports import KeyProvider
from exchange.storage.backlog import backlog
from exchange.storage.database import Database
from exchange.storage.directory import load_directory
from exchange.storage.logins import login_url
from exchange.storage.schema import require_known_schema
from exchange.storage.snapshot import DirectorySnapshot
from exchange.telemetry.events import STARTED, STOPPED, emit
from exchange.telemetry.metrics import Metrics
from exchange.workers.forwarder import Forwarder
from exchange.workers.loop import turn
from exchange.workers.sweeper import Sweeper

Result = TypeVar("Result")

SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"
_FORWARD_REST_SECONDS = 1.0
_SWEEP_REST_SECONDS = 60.0


async def run_gateway(settings: Settings, stop: asyncio.Event, steps: Steps | None = None) -> None:
    """Serve the API and the operator's port until ``stop``.

    ``steps`` is told of every step of a flow; by default the metrics count them.
    """
    metrics = Metrics()
    async with open_database(settings, "exchange_gateway") as database:
        snapshot = DirectorySnapshot(database)
        await snapshot.refresh()
        gateway = make_gateway(settings, database, snapshot, steps or metrics)
        watching = asyncio.create_task(snapshot.keep_current())
        emit(STARTED, part="gateway", version=__version__, mode=settings.mode.value)
        try:
            await serve_all(_listeners(settings, gateway, snapshot, metrics), stop)
        finally:
            watching.cancel()
            emit(STOPPED, part="gateway")


async def run_workers(settings: Settings, stop: asyncio.Event) -> None:
    """Turn the worker loops until ``stop``."""
    async with (
        open_database(settings, "exchange_worker") as database,
        open_database(settings, "exchange_purge") as purge,
    ):
        keys, clock = open_keys(settings), SystemClock()
        sender = HttpPushSender(_push_settings(settings), keys, clock)
        sweeper = Sweeper(purge, keys, clock, SystemIds())
        called, never = asyncio.Event(), asyncio.Event()
        forwarder = Forwarder(database, sender, clock, freed=called)
        tasks = [
            asyncio.create_task(database.listen("outbox", called.set)),
            asyncio.create_task(turn("forwarder", forwarder.work, _FORWARD_REST_SECONDS, called)),
            asyncio.create_task(turn("sweeper", sweeper.sweep, _SWEEP_REST_SECONDS, never)),
        ]
        emit(STARTED, part="workers", version=__version__, mode=settings.mode.value)
        try:
            await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await forwarder.close()
            await sender.aclose()
            emit(STOPPED, part="workers")


@asynccontextmanager
async def open_database(settings: Settings, login: str) -> AsyncIterator[Database]:
    """Open the database as ``login``; refuses to go on with a schema this code does not know."""
    url = settings.database_url
    if settings.passfile is not None:
        url = login_url(url, login)
    database = Database(url, passfile=settings.passfile, application_name=login)
    try:
        async with database.transaction() as conn:
            await require_known_schema(conn)
        yield database
    finally:
        await database.close()


def make_gateway(
    settings: Settings, database: Database, snapshot: DirectorySnapshot, steps: Steps
) -> Gateway:
    """Build what the flows work with."""
    return Gateway(
        mode=settings.mode,
        necessity=open_necessity(),
        limits=Limits(),
        clock=SystemClock(),
        ids=SystemIds(),
        keys=open_keys(settings),
        database=database,
        directory=snapshot.current,
        steps=steps,
    )


@dataclass(frozen=True, slots=True)
class Administration:
    """What an operator's command works with."""

    database: Database
    clock: SystemClock
    ids: SystemIds

    async def directory(self) -> Directory:
        """Load the directory as it stands now."""
        async with self.database.transaction() as conn:
            return await load_directory(conn)

    def today(self) -> date:
        """Give the legal day."""
        return legal_day(self.clock.now())


def administer(settings: Settings, work: Callable[[Administration], Awaitable[Result]]) -> Result:
    """Run one operator's command with the rights of the operator's login."""

    async def main() -> Result:
        async with open_database(settings, "exchange_operator") as database:
            return await work(Administration(database, SystemClock(), SystemIds()))

    return asyncio.run(main())


def require_push_url(url: str) -> None:
    """Raise ``Invalid`` unless notices may go to ``url``."""
    push_target(url)


def open_keys(settings: Settings) -> KeyProvider:
    """Open the key provider; the file provider is for the trial only."""
    if settings.mode is Mode.PRODUCTION:
        raise Unavailable(
            Code.DIENST_ONBESCHIKBAAR,
            reden="production refuses the file key provider, and it is the only one there is yet",
        )
    return FileKeyProvider(settings.keys, settings.passphrase)


def make_keys(settings: Settings) -> None:
    """Make the file key provider's folder, if it is not there yet."""
    FileKeyProvider.create(settings.keys, settings.passphrase)


@dataclass(frozen=True, slots=True)
class Reception:
    """Where a recipient receives from and writes to; ``ca``, ``cert`` and ``key`` are PEM files."""

    base_url: str
    ca: Path
    cert: Path
    key: Path
    private_key: Path
    journal: Path
    poll_seconds: float
    idle_seconds: float


def open_receiver(reception: Reception, on_event: Callable[..., None]) -> Receiver:
    """Build the reference receiver of the party that the certificate names."""
    settings = ReceiverSettings(
        base_url=reception.base_url,
        oin=_oin_in(reception.cert),
        ca=reception.ca,
        cert=reception.cert,
        key=reception.key,
        private_key=reception.private_key,
        journal=reception.journal,
        poll_seconds=reception.poll_seconds,
        idle_seconds=reception.idle_seconds,
    )
    return Receiver(settings, on_event)


def recipient_public_key(private_key: Path) -> Mapping[str, str]:
    """Give the public half of a recipient's current key; its file is made if it is not there."""
    return KeyFile.load_or_create(private_key).current.public_jwk


def party_client(base_url: str, ca: Path, cert: Path, key: Path) -> PartyClient:
    """Connect to a gateway as one party; ``ca``, ``cert`` and ``key`` are PEM files."""
    return PartyClient(base_url, ca, cert, key)


def _oin_in(cert: Path) -> Oin:
    try:
        return read_certificate(ssl.PEM_cert_to_DER_cert(cert.read_text("ascii"))).oin
    except (OSError, ValueError, ExchangeError):
        reden = f"{cert} is no client certificate with an OIN, or cannot be read"
        raise Unavailable(Code.DIENST_ONBESCHIKBAAR, reden=reden) from None


def open_necessity(folder: Path = SCHEMAS / "necessity") -> Necessity:
    """Read every dated necessity table."""
    return read_necessity(path.read_text("utf-8") for path in sorted(folder.glob("*.toml")))


def _listeners(
    settings: Settings, gateway: Gateway, snapshot: DirectorySnapshot, metrics: Metrics
) -> list[Listener]:
    """Build one application per listener: each believes exactly one source of identity."""

    def app(peer_of: PeerOf) -> App:
        return build_app(Door(gateway, peer_of, snapshot.refresh), metrics)

    listeners = []
    if settings.listen and settings.tls_certificate and settings.tls_key and settings.client_ca:
        context = tls_context(settings.tls_certificate, settings.tls_key, settings.client_ca)
        listeners.append(
            Listener(
                app(peer_from_tls(gateway.clock)),
                settings.listen.host,
                settings.listen.port,
                tls=context,
                protocol=TlsProtocol,
            )
        )
    if settings.proxy_socket:
        listeners.append(
            Listener(app(peer_from_client_cert_header(gateway.clock)), socket=settings.proxy_socket)
        )
    if not listeners:
        raise Unavailable(
            Code.DIENST_ONBESCHIKBAAR, reden="no listener: set the TLS files or the proxy socket"
        )
    if settings.operator_listen:
        operator = build_operator_app(
            metrics, partial(_readiness, gateway), partial(_measure, gateway, metrics)
        )
        place = settings.operator_listen
        listeners.append(Listener(operator, place.host, place.port))
    return listeners


def _push_settings(settings: Settings) -> PushSettings:
    return PushSettings(
        gateway=Oin(settings.gateway_oin),
        allow_private=settings.allow_private_push,
        ca=settings.push_ca,
    )


async def _measure(gateway: Gateway, metrics: Metrics) -> None:
    """Count what waits; without a database the gauges say so (NaN) and the page still comes."""
    try:
        async with gateway.database.transaction() as conn:
            found = await backlog(conn)
    except ExchangeError:
        metrics.backlog(None)
        return
    metrics.backlog((found.waiting, found.oldest, found.parked, found.given_up))


async def _readiness(gateway: Gateway) -> list[str]:
    """Say what keeps us from working, by part; nothing when ready."""
    reasons = []
    try:
        gateway.directory()
        gateway.keys.signing_kid()
        async with gateway.database.transaction() as conn:
            await require_known_schema(conn)
    except ExchangeError as error:
        reasons.append(
            f"{error.code}: {error.facts.get('part') or error.facts.get('onderdeel', 'database')}"
        )
    return reasons
