"""How every worker turns: work while there is any, rest until called, outlive what it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Never

from exchange.errors import ExchangeError, Fault
from exchange.telemetry.events import DEPENDENCY_BACK, DEPENDENCY_LOST, FAULT, emit

_RECOVERY_SECONDS = 1.0


async def turn(
    name: str, work: Callable[[], Awaitable[int]], rest_seconds: float, called: asyncio.Event
) -> Never:
    """Call ``work`` until it finds nothing, then wait for ``called`` or ``rest_seconds``.

    A lost dependency is reported once and tried again every second; a fault of our own, of
    whatever kind, is reported each time. Neither ends the loop: nobody would notice.
    """
    healthy = True
    while True:
        try:
            while await work():
                pass
        except Exception as error:  # noqa: BLE001  whatever it was, the next turn may do better
            if isinstance(error, Fault) or not isinstance(error, ExchangeError):
                emit(FAULT, error=type(error).__name__, where=name)
            elif healthy:
                emit(DEPENDENCY_LOST, part=name, error=type(error).__name__)
            healthy = False
            await asyncio.sleep(_RECOVERY_SECONDS)
            continue
        if not healthy:
            emit(DEPENDENCY_BACK, part=name)
        healthy = True
        # Not ``wait_for``: in Python 3.11 that loses a stop that comes with the call.
        with suppress(TimeoutError):
            async with asyncio.timeout(rest_seconds):
                await called.wait()
        called.clear()
