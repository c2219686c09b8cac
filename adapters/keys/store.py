"""What a store of root secrets does: files in a folder, objects in a token, or memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from adapters.keys.inventory import Standing
from exchange.crypto.keyring import RootSecret

Stamp = tuple[int, ...]
"""What a store knows a stored root by: another stamp, another content."""


class RootStore(Protocol):
    """Keeps root secrets, public keys that outlive them, and the fact that one was destroyed."""

    def resting_state(self) -> Stamp | None:
        """Say, very cheaply, what the whole store is known by; ``None`` when it may be changing.

        Once it said so, it says something else as soon as any root came, went or was destroyed.
        """

    def stamp(self, name: str) -> Stamp | None:
        """Say, cheaply, what stands under ``name`` now; nothing is ``None``."""

    def load(self, name: str, *, make: bool) -> tuple[Stamp, RootSecret]:
        """Give the root ``name``; one that does not exist is made, durably, if ``make``.

        Raises ``KeyDestroyed``, and ``Fault`` for one that does not exist and may not be made.
        """

    def destroy(self, name: str) -> None:
        """Destroy the root ``name`` for good, whether it exists or not."""

    def note(self, name: str, jwk: dict[str, str]) -> None:
        """Keep the public key of a signing root that is about to be destroyed, durably."""

    def noted(self, name: str) -> dict[str, str]:
        """Give what ``note`` kept."""

    def standing(self) -> Iterable[Standing]:
        """Give every root there is, destroyed ones included; other names may be among them."""
