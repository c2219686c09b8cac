"""How long each thing is kept, and from when it counts as lying about."""

from __future__ import annotations

from exchange.messages.identifiers import Schooljaar

PARKED_AFTER_WORKING_DAYS = 5
"""A message not downloaded by then is parked and the school is told (DESIGN)."""

ACKNOWLEDGED_DAYS = 30
"""An acknowledged payload can be downloaded again for this long (DESIGN)."""

IDEMPOTENCY_DAYS = 90
"""A repeat is recognised for this long: longer than a school holiday (DESIGN)."""


def oldest_kept(current: Schooljaar) -> Schooljaar:
    """Give the oldest schooljaar whose messages are kept: that of the notice and the next.

    Source: WOT art. 24i(2) (register term of the verzuimregister).
    """
    return Schooljaar(current.start - 1)
