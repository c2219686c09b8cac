"""Builds the gateway and serves it until it is asked to stop."""

from __future__ import annotations

import asyncio
import os
from functools import partial

from adapters.identity.mtls import TlsProtocol, peer_from_tls
from adapters.identity.proxy import peer_from_client_cert_header
from adapters.system import SystemClock, SystemIds
from exchange import __version__
from exchange.api.app import build_app
from exchange.api.operator import build_operator_app
from exchange.api.serving import App, Listener, serve_all
from exchange.api.visit import Door, PeerOf
from exchange.bootstrap.console import open_console
from exchange.bootstrap.database import open_database
from exchange.bootstrap.garbage import settle
from exchange.bootstrap.identity import Doorkeepers, open_doorkeepers, own_oin
from exchange.bootstrap.keys import open_keys
from exchange.bootstrap.law import (
    open_activities,
    open_elementen,
    open_finding_rules,
    open_law,
    open_necessity,
)
from exchange.bootstrap.sockets import inherited
from exchange.config import Settings
from exchange.errors import Code, ExchangeError, Unavailable
from exchange.pipeline.gateway import Gateway, Steps
from exchange.pipeline.quotas import Quotas
from exchange.pipeline.stages import Limits
from exchange.pipeline.turns import Turns
from exchange.storage import removals
from exchange.storage.backlog import backlog
from exchange.storage.commit_lane import CommitLane
from exchange.storage.database import Database
from exchange.storage.schema import require_known_schema
from exchange.storage.sealing_lag import SealingLag
from exchange.storage.snapshot import DirectorySnapshot
from exchange.storage.tree import waiting
from exchange.telemetry.events import STARTED, STOPPED, emit
from exchange.telemetry.metrics import Metrics

_RED_SECONDS = 60.0


async def run_gateway(settings: Settings, stop: asyncio.Event, steps: Steps | None = None) -> None:
    """Serve the API and the operator's port until ``stop``.

    ``steps`` is told of every step of a flow; by default the metrics count them.
    """
    metrics = Metrics()
    doors = open_doorkeepers(settings, SystemClock())
    async with open_database(settings, "exchange_gateway") as database:
        snapshot = DirectorySnapshot(database)
        await snapshot.refresh()
        lag = SealingLag(database, SystemClock())
        await lag.refresh()
        gateway = make_gateway(settings, database, snapshot, lag, steps or metrics)
        watching = [
            asyncio.create_task(snapshot.keep_current()),
            asyncio.create_task(lag.keep_current()),
            asyncio.create_task(doors.keep_current()),
        ]
        emit(STARTED, part="gateway", version=__version__, mode=settings.mode.value)
        try:
            listeners = _listeners(settings, gateway, snapshot, metrics, doors)
            settle()
            await serve_all(listeners, stop)
        finally:
            for task in watching:
                task.cancel()
            emit(STOPPED, part="gateway")


def make_gateway(
    settings: Settings,
    database: Database,
    snapshot: DirectorySnapshot,
    lag: SealingLag,
    steps: Steps,
) -> Gateway:
    """Build what the flows work with."""
    return Gateway(
        oin=own_oin(settings),
        mode=settings.mode,
        necessity=open_necessity(),
        law=open_law(),
        elementen=open_elementen(),
        activities=open_activities(),
        finding_rules=open_finding_rules(),
        limits=Limits(),
        quotas=Quotas(settings.requests_per_minute, settings.lines_per_minute),
        turns=Turns(),
        clock=SystemClock(),
        ids=SystemIds(),
        keys=open_keys(settings),
        database=database,
        lane=CommitLane(database),
        directory=snapshot.current,
        steps=steps,
        sealing_lag=lag.seconds,
    )


def _listeners(
    settings: Settings,
    gateway: Gateway,
    snapshot: DirectorySnapshot,
    metrics: Metrics,
    doors: Doorkeepers,
) -> list[Listener]:
    """Build one application per listener: each believes exactly one source of identity."""
    console = open_console(settings, gateway)

    def app(peer_of: PeerOf) -> App:
        return build_app(Door(gateway, peer_of, snapshot.refresh), metrics, console)

    listeners = []
    if settings.listen and doors.tls:
        listeners.append(
            Listener(
                app(peer_from_tls(doors.trust)),
                settings.listen.host,
                settings.listen.port,
                tls=doors.tls.context,
                protocol=TlsProtocol,
            )
        )
    if settings.proxy_socket:
        listeners.append(
            Listener(
                app(peer_from_client_cert_header(doors.trust)),
                socket=settings.proxy_socket,
                inherited=inherited(settings.proxy_socket, os.environ, os.getpid()),
            )
        )
    if not listeners:
        raise Unavailable(
            Code.DIENST_ONBESCHIKBAAR, reden="no listener: set the TLS files or the proxy socket"
        )
    if settings.operator_listen:
        operator = build_operator_app(
            metrics, partial(_readiness, gateway, doors), partial(measure, gateway, metrics)
        )
        place = settings.operator_listen
        listeners.append(Listener(operator, place.host, place.port))
    return listeners


async def measure(gateway: Gateway, metrics: Metrics) -> None:
    """Count what waits; without a database the gauges say so (NaN) and the page still comes."""
    try:
        async with gateway.database.transaction() as conn:
            found, unsealed = await backlog(conn), await waiting(conn)
            stores = await removals.standings(conn)
    except ExchangeError:
        metrics.retention((), gateway.clock.now())
        metrics.backlog(None)
        metrics.sealing(None)
        return
    metrics.sealing((unsealed.count, unsealed.oldest))
    metrics.retention(stores, gateway.clock.now())
    metrics.backlog((found.waiting, found.oldest, found.parked, found.given_up))


async def _readiness(gateway: Gateway, doors: Doorkeepers) -> list[str]:
    """Say what keeps us from working, by part; nothing when ready."""
    reasons = []
    try:
        doors.trust.require_usable()
        gateway.directory()
        gateway.keys.signing_kid()
        async with gateway.database.transaction() as conn:
            await require_known_schema(conn)
    except ExchangeError as error:
        reasons.append(
            f"{error.code}: {error.facts.get('part') or error.facts.get('onderdeel', 'database')}"
        )
    if (behind := gateway.sealing_lag()) > _RED_SECONDS:
        reasons.append(f"logboek: verzegeling loopt {behind:.0f} s achter")
    return reasons
