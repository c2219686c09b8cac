"""The machine's own clock and randomness, for the ports that ask for time and fresh ids."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from exchange.messages.identifiers import spells_a_pgn_as_id


class SystemClock:
    """The wall clock (``exchange.ports.Clock``)."""

    def now(self) -> datetime:
        """Give the present moment, aware and in UTC."""
        return datetime.now(UTC)


class SystemIds:
    """Fresh ids (``exchange.ports.Ids``)."""

    def uuid7(self) -> UUID:
        """Give a UUIDv7 (RFC 9562), above every earlier one of this process; safe after a fork.

        None in which a PGN can be read: one that comes back to us with a PGN in it is not ours.
        """
        while spells_a_pgn_as_id(found := uuid7()):
            continue
        return found

    def random(self, size: int) -> bytes:
        """Give ``size`` bytes of the operating system's generator."""
        return os.urandom(size)
