"""How many rows went from each store, and which store is late: for the log and for the operator."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

Standing = tuple[str, int, datetime | None, datetime | None]
"""Of one store: its name, what went so far, when it was last looked at, since when it is late."""


async def count(conn: AsyncConnection, gone: Mapping[str, int]) -> int:
    """Add what went from each store, in the transaction in which it goes; give how much it was."""
    counts = sorted((store, number) for store, number in gone.items() if number)
    if counts:
        stores, numbers = zip(*counts, strict=True)
        await conn.execute(_COUNT, {"stores": stores, "numbers": numbers})
    return sum(gone.values())


async def take_unreported(conn: AsyncConnection) -> Mapping[str, int]:
    """Give what went since the last report; after the commit it counts as reported."""
    found = {row.store: row.number for row in await conn.execute(_UNREPORTED)}
    if found:
        await conn.execute(_REPORTED, {"stores": sorted(found)})
    return found


async def looked(
    conn: AsyncConnection, stores: Collection[str], late: Collection[str], now: datetime
) -> None:
    """Write down which of ``stores`` are late; one that was late already keeps its moment."""
    ordered = sorted(stores)
    values = {"stores": ordered, "late": [store in late for store in ordered], "now": now}
    await conn.execute(_LOOKED, values)


async def standings(conn: AsyncConnection) -> Sequence[Standing]:
    """Give how every store stands."""
    found = await conn.execute(_STANDINGS)
    return [(store, removed, seen, late) for store, removed, seen, late in found]


_COUNT = text("""
    INSERT INTO retention (store, removed)
    SELECT * FROM unnest(CAST(:stores AS text[]), CAST(:numbers AS bigint[]))
    ON CONFLICT (store) DO UPDATE SET removed = retention.removed + excluded.removed
""")

_UNREPORTED = text("""
    SELECT store, removed - reported AS number FROM retention WHERE removed > reported
    ORDER BY store FOR UPDATE
""")

_REPORTED = text("""
    UPDATE retention SET reported = removed WHERE store = ANY(CAST(:stores AS text[]))
""")

_LOOKED = text("""
    INSERT INTO retention (store, checked_at, overdue_since)
    SELECT store, CAST(:now AS timestamptz), CASE WHEN late THEN CAST(:now AS timestamptz) END
    FROM unnest(CAST(:stores AS text[]), CAST(:late AS boolean[])) AS seen(store, late)
    ON CONFLICT (store) DO UPDATE SET
        checked_at = excluded.checked_at,
        overdue_since = CASE WHEN excluded.overdue_since IS NOT NULL
                             THEN coalesce(retention.overdue_since, excluded.overdue_since) END
""")

_STANDINGS = text("SELECT store, removed, checked_at, overdue_since FROM retention ORDER BY store")
