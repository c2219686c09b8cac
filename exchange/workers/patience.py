"""How a recipient of notices has behaved: who failed rests a while, who answered gets more."""

from __future__ import annotations

from collections.abc import Callable, Collection
from time import monotonic
from typing import Final

from exchange.messages.identifiers import Oin

_FIRST_REST_SECONDS: Final = 1.0
_LONGEST_REST_SECONDS: Final = 60.0
_STEPS: Final = 6


class Patience:
    """What this worker saw of each recipient; nothing is known of one that it never called.

    It holds as much as there are recipients in the register, and is forgotten with the process.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._failures: dict[Oin, int] = {}
        self._rests_until: dict[Oin, float] = {}

    def note(self, recipient: Oin, *, answered: bool) -> None:
        """Remember how a call went. After each failure the rest is longer: 1 s, doubling to 60."""
        if answered:
            self._failures[recipient] = 0
            return
        failures = self._failures[recipient] = self._failures.get(recipient, 0) + 1
        rest = min(_FIRST_REST_SECONDS * 2.0 ** min(failures - 1, _STEPS), _LONGEST_REST_SECONDS)
        self._rests_until[recipient] = self._now() + rest

    def resting(self) -> Collection[Oin]:
        """Give who is left alone for now."""
        now = self._now()
        self._rests_until = {oin: end for oin, end in self._rests_until.items() if end > now}
        return self._rests_until.keys()

    def proven(self) -> Collection[Oin]:
        """Give whose last call went well."""
        return [oin for oin, failures in self._failures.items() if not failures]
