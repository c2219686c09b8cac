"""How often somebody may try to sign in: by address, and all together, in one gateway process."""

from __future__ import annotations

from starlette.requests import Request

from exchange.policy.quota import Quota, Window, take
from exchange.ports import Clock

_ONE = Quota("aanmeldpogingen", 20)
_ALL = Quota("aanmeldpogingen van allen", 600)
_MOST_ADDRESSES = 10_000


class Attempts:
    """Counts in memory; secrets are too long to guess, so this spares the database and the log.

    Behind a proxy everybody comes from one address, which we do not know; the proxy has a limit of
    its own there, and here all share the larger one.
    """

    def __init__(self, clock: Clock) -> None:
        """Open empty books."""
        self._clock = clock
        self._all: Window | None = None
        self._by_address: dict[str, Window] = {}

    def take(self, request: Request) -> None:
        """Count one attempt; raises ``te-veel-verzoeken`` when it is one too many."""
        now = self._clock.now()
        if request.client is not None:
            address = request.client.host
            if len(self._by_address) >= _MOST_ADDRESSES:
                self._by_address.clear()
            self._by_address[address] = take(_ONE, self._by_address.get(address), 1, now)
        self._all = take(_ALL, self._all, 1, now)
