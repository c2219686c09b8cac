"""The public registers: school locations and municipalities, with the days on which each holds."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.policy.parties import Gemeente, Vestiging
from exchange.storage.directory.notice import announce
from exchange.storage.tables import gemeenten, vestigingen


async def put_vestigingen(conn: AsyncConnection, rows: Sequence[Vestiging]) -> None:
    """Add vestigingen, or correct those with the same code and first day; none is removed.

    Where versions overlap, the one that began last holds.
    """
    values: list[dict[str, object]] = [
        {
            "code": row.code,
            "geldig_van": row.geldig_van,
            "geldig_tot": row.geldig_tot,
            "gemeente": row.gemeente,
            "sector": row.sector.value,
            "swv": row.swv,
            "naam": row.naam,
            "bevoegd_gezag": row.bevoegd_gezag,
            "postcode4": row.postcode4,
        }
        for row in rows
    ]
    await _put(conn, vestigingen, values)


async def put_gemeenten(conn: AsyncConnection, rows: Sequence[Gemeente]) -> None:
    """Add gemeenten, or correct those with the same code and first day; none is removed."""
    values: list[dict[str, object]] = [
        {
            "code": row.code,
            "geldig_van": row.geldig_van,
            "geldig_tot": row.geldig_tot,
            "naam": row.naam,
        }
        for row in rows
    ]
    await _put(conn, gemeenten, values)


async def _put(conn: AsyncConnection, table: Table, values: list[dict[str, object]]) -> None:
    if not values:
        return
    add = insert(table)
    others = [name for name in values[0] if name not in {"code", "geldig_van"}]
    latest = {name: add.excluded[name] for name in others}
    await conn.execute(
        add.on_conflict_do_update(index_elements=["code", "geldig_van"], set_=latest), values
    )
    await announce(conn)
