"""Puts a new key in the place of a recipient's own, without a message that cannot be opened.

The new key is on disk before the gateway hears of it, and the older ones stay until nothing can be
sealed to them any more: a gateway seals to the key that it knew a moment ago, and a message waits
until it is fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from adapters.leerplicht.keyfile import KeyFile
from adapters.leerplicht.mailbox import Mailbox
from exchange.crypto.sealing_keys import KeyType
from exchange.errors import Code, Refused
from exchange.ports import Clock

OVERLAP: Final = timedelta(minutes=5)
"""For gateways that have not heard yet (seconds), and for clocks that differ from ours."""

_ACTIVE = "actief"


class Obstacle(StrEnum):
    """Why an older key must stay for now."""

    NONE = "none"
    NOT_APPROVED = "not-approved"  # the gateway still seals to the older key
    OVERLAP = "overlap"  # until ``Removal.until``
    STILL_WAITING = "still-waiting"  # so many messages as ``Removal.count``


@dataclass(frozen=True, slots=True)
class Rotated:
    """A key that was registered: its thumbprint, and what the gateway does with it."""

    kid: str
    status: str
    older: int


@dataclass(frozen=True, slots=True)
class Removal:
    """What became of the older keys; ``count`` is of those removed, or of what waits."""

    obstacle: Obstacle
    count: int = 0
    until: datetime | None = None


class KeyRotation:
    """Rotates the keys in one file. Raises ``Unavailable`` and ``Refused`` as the mailbox does."""

    def __init__(self, mailbox: Mailbox, path: Path, clock: Clock) -> None:
        self._mailbox = mailbox
        self._path = path
        self._clock = clock

    def start(self, kind: KeyType | None = None) -> Rotated:
        """Make a key and register it. When that fails, do it again: nothing was lost."""
        keys = KeyFile.load(self._path).rotated(kind)
        status = self._registered(keys)
        return Rotated(keys.current.kid, status, len(keys.keys) - 1)

    def finish(self) -> Removal:
        """Remove the older keys, unless something may still need them."""
        keys = KeyFile.load(self._path)
        if self._registered(keys) != _ACTIVE:
            return Removal(Obstacle.NOT_APPROVED)
        since = KeyFile.load(self._path).active_since or self._clock.now()
        until = since + OVERLAP
        if self._clock.now() < until:
            return Removal(Obstacle.OVERLAP, until=until)
        if waiting := self._made_before(until):
            return Removal(Obstacle.STILL_WAITING, waiting)
        kept = keys.without_older()
        return Removal(Obstacle.NONE, len(keys.keys) - len(kept.keys))

    def _registered(self, keys: KeyFile) -> str:
        status = self._mailbox.register(keys.current.public_jwk)
        if status == _ACTIVE and keys.active_since is None:
            keys.noted_active(self._clock.now())
        return status

    def _made_before(self, moment: datetime) -> int:
        """Count what waits and may be sealed to an older key; who has no mailbox has none."""
        try:
            return sum(one.aangemaakt_op < moment for one in self._mailbox.waiting())
        except Refused as refused:
            if refused.code is Code.GEEN_RECHT:
                return 0
            raise
