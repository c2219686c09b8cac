"""Checks every record that a module left against the register of processing (R-LOG-6)."""

from __future__ import annotations

from exchange.accountability.register import register
from tests.integration.api.world import World


async def require_registered(world: World) -> None:
    """Fail unless each record names an activity that the register knew on the day it was written.

    A test may set the clock before the first necessity table; nothing is processed then, and what
    is not in force yet must at least be announced.
    """
    gateway = world.gateway
    found = register(gateway.necessity, gateway.activities, gateway.mode)
    first = min(activity.geldig_vanaf for activity in found.activities)
    for row in await world.rows(_NAMED):
        activity = found.find(row["activity"])
        assert activity is not None, row["activity"]
        assert activity.holds_on(max(first, row["day"])), (row["activity"], row["day"])


_NAMED = """
    SELECT DISTINCT activity, (recorded_at AT TIME ZONE 'Europe/Amsterdam')::date AS day
    FROM log_records WHERE activity IS NOT NULL
"""
