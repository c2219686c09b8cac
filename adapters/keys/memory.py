"""Keys in memory: the twin of the real providers, for tests; gone with the process."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from adapters.keys.inventory import Standing
from adapters.keys.rooted import RootedKeys
from adapters.keys.store import Stamp
from exchange.crypto.keyring import RootSecret
from exchange.errors import Fault, KeyDestroyed


class MemoryKeyProvider(RootedKeys):
    """A ``KeyProvider`` that keeps nothing."""

    def __init__(self) -> None:
        super().__init__(_MemoryRoots())


class _MemoryRoots:
    """A ``RootStore`` in dictionaries; ``None`` stands where a root was destroyed."""

    def __init__(self) -> None:
        self._roots: dict[str, tuple[Stamp, RootSecret | None]] = {}
        self._notes: dict[str, dict[str, str]] = {}
        self._changes = 0
        self._lock = threading.Lock()

    def resting_state(self) -> Stamp:
        """Say how often anything was made or destroyed."""
        return (self._changes,)

    def stamp(self, name: str) -> Stamp | None:
        """Say what stands under ``name``: a number that is used once."""
        entry = self._roots.get(name)
        return entry[0] if entry else None

    def load(self, name: str, *, make: bool) -> tuple[Stamp, RootSecret]:
        """Give the root, or make it."""
        with self._lock:
            if make and name not in self._roots:
                self._put(name, RootSecret.fresh())
        if name not in self._roots:
            raise Fault("key-missing")
        stamp, root = self._roots[name]
        if root is None:
            raise KeyDestroyed
        return stamp, root

    def destroy(self, name: str) -> None:
        """Forget the root and remember that it was destroyed."""
        with self._lock:
            self._put(name, None)

    def _put(self, name: str, root: RootSecret | None) -> None:
        serial = self._changes + 1
        self._roots[name] = ((serial,), root)
        self._changes = serial  # last: who sees it sees the root too

    def note(self, name: str, jwk: dict[str, str]) -> None:
        """Keep a public key."""
        self._notes[name] = jwk

    def noted(self, name: str) -> dict[str, str]:
        """Give it back."""
        return self._notes[name]

    def standing(self) -> Iterable[Standing]:
        """Give what is there."""
        return [Standing(name, root is None) for name, (_, root) in tuple(self._roots.items())]
