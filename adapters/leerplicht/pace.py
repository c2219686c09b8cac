"""How long a receiver waits before it looks again, at the mailbox or at one message in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

_PATIENCE = 40  # empty looks at full speed before slowing down
_SLOWER = 1.25
_FIRST_FAILURE_SECONDS = 0.2
_LONGEST_FAILURE_SECONDS = 5.0
_FIRST_REST_SECONDS = 2.0
_LONGEST_REST_SECONDS = 3600.0


@dataclass(slots=True)
class Pace:
    """The wait between two looks at the mailbox, in seconds.

    ``poll_seconds`` while messages come, growing to ``idle_seconds`` when none have come for a
    while; after a failure 0.2 s, doubling to 5 s.
    """

    poll_seconds: float
    idle_seconds: float
    _empty: int = 0
    _failures: int = 0

    def after(self, received: int) -> float:
        """Give the wait after a look that went well."""
        self._failures = 0
        self._empty = 0 if received else self._empty + 1
        slower = min(max(0, self._empty - _PATIENCE), 100)
        return min(self.poll_seconds * _SLOWER**slower, max(self.idle_seconds, self.poll_seconds))

    def after_failure(self) -> float:
        """Give the wait after the gateway, the disk or a key failed."""
        self._failures = min(self._failures + 1, 100)
        return min(_FIRST_FAILURE_SECONDS * 2.0 ** (self._failures - 1), _LONGEST_FAILURE_SECONDS)


class SetAside:
    """The messages that could not be read, and when each may be tried again: 2 s, then 4 x."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._until: dict[UUID, tuple[float, float]] = {}

    def put(self, bericht_id: UUID) -> None:
        """Leave a message for now, longer each time."""
        _, last = self._until.get(bericht_id, (0.0, 0.0))
        rest = min(last * 4, _LONGEST_REST_SECONDS) or _FIRST_REST_SECONDS
        self._until[bericht_id] = (self._now() + rest, rest)

    def rests(self, bericht_id: UUID) -> bool:
        """Whether the message is to be left alone now."""
        return self._until.get(bericht_id, (0.0, 0.0))[0] > self._now()

    def keep_only(self, listed: Iterable[UUID]) -> None:
        """Forget the messages that no longer wait in the mailbox."""
        self._until = {one: self._until[one] for one in listed if one in self._until}
