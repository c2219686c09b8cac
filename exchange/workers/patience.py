"""How a recipient of notices has behaved: who failed rests a while, who answered gets more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from time import monotonic
from typing import Final

from exchange.messages.identifiers import Oin
from exchange.pipeline.forward import AT_ONCE

_FIRST_REST_SECONDS: Final = 1.0
_LONGEST_REST_SECONDS: Final = 60.0
_STEPS: Final = 6

_MOST: Final = 32
"""Notices in one call: as many as are sent at once after the first good one, then doubling."""


class Patience:
    """What this worker saw of each recipient; nothing is known of one that it never called.

    It holds as much as there are recipients in the register, and is forgotten with the process.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._failures: dict[Oin, int] = {}
        self._allowed: dict[Oin, int] = {}
        self._rests_until: dict[Oin, float] = {}

    def note(self, recipient: Oin, *, answered: bool) -> None:
        """Remember how a call went. After each failure the rest is longer: 1 s, doubling to 60."""
        if answered:
            self._failures.pop(recipient, None)
            before = self._allowed.get(recipient, AT_ONCE // 2)
            self._allowed[recipient] = min(2 * before, _MOST)
            return
        self._allowed.pop(recipient, None)
        failures = self._failures[recipient] = self._failures.get(recipient, 0) + 1
        rest = min(_FIRST_REST_SECONDS * 2.0 ** min(failures - 1, _STEPS), _LONGEST_REST_SECONDS)
        self._rests_until[recipient] = self._now() + rest

    def resting(self) -> Collection[Oin]:
        """Give who is left alone for now."""
        now = self._now()
        self._rests_until = {oin: end for oin, end in self._rests_until.items() if end > now}
        return self._rests_until.keys()

    def proven(self) -> Mapping[Oin, int]:
        """Give whose last call went well, and how many notices the next one may have."""
        return self._allowed
