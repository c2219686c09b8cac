"""How much waits for recipients altogether: numbers for an operator, and nothing about anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages not yet downloaded (and since when the oldest), parked ones, notices given up."""

    waiting: int
    oldest: datetime | None
    parked: int
    given_up: int


async def backlog(conn: AsyncConnection) -> Backlog:
    """Count what waits."""
    found = await conn.execute(
        text("SELECT waiting, oldest, parked, given_up FROM exchange_backlog()")
    )
    return Backlog(*found.one())
