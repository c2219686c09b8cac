"""How many large deliveries a gateway works on at once, and who waits for whom."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from exchange.errors import Code, Unavailable
from exchange.pipeline.stages import Peer

_AT_ONCE = 2
_MOST_SECONDS = 60.0


class Turns:
    """Places for large deliveries (ADR 0011): one per party, first come first served."""

    def __init__(self, at_once: int = _AT_ONCE, most_seconds: float = _MOST_SECONDS) -> None:
        """Open ``at_once`` places; nobody waits longer than ``most_seconds`` for one."""
        self._places = asyncio.Semaphore(at_once)
        self._own = defaultdict[str, asyncio.Lock](asyncio.Lock)
        self._most_seconds = most_seconds

    @asynccontextmanager
    async def turn(self, peer: Peer | None) -> AsyncIterator[None]:
        """Hold a place; raises ``Unavailable`` when none comes free in time.

        One party has one place at a time, so that its deliveries wait for each other and those of
        its neighbours do not.
        """
        own = self._own[str(peer.oin) if peer else ""]
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(self._most_seconds):
                    await held.enter_async_context(own)
                    await held.enter_async_context(self._places)
            except TimeoutError:
                raise Unavailable(Code.DIENST_ONBESCHIKBAAR, part="deliveries") from None
            yield
