"""Tells every gateway that the directory changed."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

CHANNEL = "directory"


async def announce(conn: AsyncConnection) -> None:
    """Send the notice when the transaction commits; it carries nothing, everybody reloads all."""
    await conn.execute(select(func.pg_notify(CHANNEL, "")))
