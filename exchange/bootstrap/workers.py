"""Builds the workers and runs them until they are asked to stop."""

from __future__ import annotations

import asyncio

from adapters.push.sender import HttpPushSender, PushSettings
from adapters.system import SystemClock, SystemIds
from exchange import __version__
from exchange.accountability.checkpoint import origin_of
from exchange.accountability.sealing import Seal
from exchange.bootstrap.connections import allow_connections
from exchange.bootstrap.database import open_database
from exchange.bootstrap.garbage import settle
from exchange.bootstrap.identity import own_oin
from exchange.bootstrap.keys import open_keys
from exchange.bootstrap.law import open_law, open_stores
from exchange.config import Settings
from exchange.policy.stores import watched
from exchange.telemetry.events import STARTED, STOPPED, emit
from exchange.workers.forwarder import Forwarder
from exchange.workers.loop import turn
from exchange.workers.months import MonthKeeper
from exchange.workers.publisher import REST_SECONDS as PUBLISH_REST_SECONDS
from exchange.workers.publisher import Publisher
from exchange.workers.purger import Purger
from exchange.workers.retention_watch import RetentionWatch
from exchange.workers.sealer import REST_SECONDS, Sealer
from exchange.workers.sweeper import Sweeper
from exchange.workers.tallier import Tallier

_FORWARD_REST_SECONDS = 1.0
_SWEEP_REST_SECONDS = 60.0
_MONTHS_REST_SECONDS = 3600.0
_PURGE_REST_SECONDS = 3600.0
_WATCH_REST_SECONDS = 3600.0
_TALLY_REST_SECONDS = 5.0


async def run_workers(settings: Settings, stop: asyncio.Event) -> None:
    """Turn the worker loops until ``stop``."""
    allow_connections()
    async with (
        open_database(settings, "exchange_worker") as database,
        open_database(settings, "exchange_purge") as purge,
        open_database(settings, "exchange_sealer") as sealing,
    ):
        keys, clock = open_keys(settings), SystemClock()
        sender = HttpPushSender(_push_settings(settings), keys, clock)
        sweeper = Sweeper(purge, keys, clock, SystemIds(), open_law())
        months = MonthKeeper(purge, clock, open_law())
        purger = Purger(purge, keys, clock, SystemIds(), open_law())
        watch = RetentionWatch(purge, clock, open_law(), watched(open_stores()))
        tallier = Tallier(database, clock, open_law())
        seal = Seal(origin_of(own_oin(settings)), keys, clock)
        sealer = Sealer(sealing, seal)
        called, never = asyncio.Event(), asyncio.Event()
        forwarder = Forwarder(database, sender, clock, freed=called)
        tasks = [
            asyncio.create_task(database.listen("outbox", called.set)),
            asyncio.create_task(turn("forwarder", forwarder.work, _FORWARD_REST_SECONDS, called)),
            asyncio.create_task(turn("sweeper", sweeper.sweep, _SWEEP_REST_SECONDS, never)),
            asyncio.create_task(turn("months", months.keep, _MONTHS_REST_SECONDS, never)),
            asyncio.create_task(turn("purger", purger.purge, _PURGE_REST_SECONDS, never)),
            asyncio.create_task(turn("watch", watch.look, _WATCH_REST_SECONDS, never)),
            asyncio.create_task(turn("tallier", tallier.work, _TALLY_REST_SECONDS, never)),
            asyncio.create_task(turn("sealer", sealer.work, REST_SECONDS, never)),
        ]
        if settings.log_files is not None:
            publisher = Publisher(sealing, settings.log_files)
            tasks.append(
                asyncio.create_task(turn("log-files", publisher.work, PUBLISH_REST_SECONDS, never))
            )
        settle()
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


def _push_settings(settings: Settings) -> PushSettings:
    return PushSettings(
        gateway=own_oin(settings),
        allow_private=settings.allow_private_push,
        ca=settings.push_ca,
    )
