"""Reads the registers as they stand and writes what changes in them, thousands of rows at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import TextClause, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Gemeentecode, Identifier, Postcode4, Vestigingscode
from exchange.policy.changes import Changes, Dated
from exchange.policy.fitting import Registered
from exchange.policy.parties import Gemeente, Sector
from exchange.policy.registers import Regio
from exchange.storage.directory.notice import announce
from exchange.storage.tables import gemeenten, swv_regio, vestigingen

# One statement for all rows, however many: the arrays are one parameter each. Plan: a function
# scan of the arrays; for the update joined with the table, for the insert over its primary key.
_CLOSE = """
    UPDATE {table} AS r SET geldig_tot = ended.tot
    FROM unnest(CAST(:keys AS text[]), CAST(:first_days AS date[]), CAST(:last_days AS date[]))
        AS ended (key, van, tot)
    WHERE r.{key} = ended.key AND r.geldig_van = ended.van
"""
_CLOSE_VESTIGINGEN, _CLOSE_GEMEENTEN, _CLOSE_REGIO = (
    text(_CLOSE.format(table=table, key=key))
    for table, key in (("vestigingen", "code"), ("gemeenten", "code"), ("swv_regio", "postcode4"))
)

_WRITE_VESTIGINGEN = text("""
    INSERT INTO vestigingen
        (code, geldig_van, gemeente, sector, swv, naam, bevoegd_gezag, postcode4, bron)
    SELECT * FROM unnest(
        CAST(:keys AS text[]), CAST(:first_days AS date[]), CAST(:gemeente AS text[]),
        CAST(:sector AS text[]), CAST(:swv AS text[]), CAST(:naam AS text[]),
        CAST(:bevoegd_gezag AS text[]), CAST(:postcode4 AS text[]), CAST(:bron AS text[]))
    ON CONFLICT (code, geldig_van) DO UPDATE SET
        geldig_tot = NULL, gemeente = excluded.gemeente, sector = excluded.sector,
        swv = excluded.swv, naam = excluded.naam, bevoegd_gezag = excluded.bevoegd_gezag,
        postcode4 = excluded.postcode4, bron = excluded.bron
""")
_WRITE_GEMEENTEN = text("""
    INSERT INTO gemeenten (code, geldig_van, geldig_tot, naam, bron)
    SELECT *, 'gemeenten' FROM unnest(
        CAST(:keys AS text[]), CAST(:first_days AS date[]), CAST(:last_days AS date[]),
        CAST(:naam AS text[]))
    ON CONFLICT (code, geldig_van) DO UPDATE SET
        geldig_tot = excluded.geldig_tot, naam = excluded.naam, bron = excluded.bron
""")
_WRITE_REGIO = text("""
    INSERT INTO swv_regio (postcode4, geldig_van, swv_po, swv_vo)
    SELECT * FROM unnest(
        CAST(:keys AS text[]), CAST(:first_days AS date[]), CAST(:swv_po AS text[]),
        CAST(:swv_vo AS text[]))
    ON CONFLICT (postcode4, geldig_van) DO UPDATE SET
        geldig_tot = NULL, swv_po = excluded.swv_po, swv_vo = excluded.swv_vo
""")


async def wait_for_other_imports(conn: AsyncConnection) -> None:
    """Let one import at a time compare and write, until this transaction ends."""
    await conn.execute(select(func.pg_advisory_xact_lock(func.hashtext("registers"))))


async def latest_vestigingen(conn: AsyncConnection) -> dict[Vestigingscode, Dated[Registered]]:
    """Give the last version of every vestiging."""
    table = vestigingen.c
    found = await conn.execute(
        select(vestigingen)
        .ext(distinct_on(table.code))
        .order_by(table.code, table.geldig_van.desc())
    )
    return {
        row.code: Dated(
            Registered(
                gemeente=row.gemeente,
                sector=Sector(row.sector),
                swv=row.swv,
                naam=row.naam,
                bevoegd_gezag=row.bevoegd_gezag,
                postcode4=row.postcode4,
                bron=row.bron,
            ),
            row.geldig_van,
            row.geldig_tot,
        )
        for row in found
    }


async def all_gemeenten(
    conn: AsyncConnection,
) -> dict[tuple[Gemeentecode, date], Dated[tuple[str, bool]]]:
    """Give every gemeente and period: its name, and whether a list brought it."""
    return {
        (row.code, row.geldig_van): Dated(
            (row.naam, row.bron is not None), row.geldig_van, row.geldig_tot
        )
        for row in await conn.execute(select(gemeenten))
    }


async def latest_regions(conn: AsyncConnection) -> dict[Postcode4, Dated[Regio]]:
    """Give the last version of the region of every postcode."""
    table = swv_regio.c
    found = await conn.execute(
        select(swv_regio)
        .ext(distinct_on(table.postcode4))
        .order_by(table.postcode4, table.geldig_van.desc())
    )
    return {
        row.postcode4: Dated(Regio(row.swv_po, row.swv_vo), row.geldig_van, row.geldig_tot)
        for row in found
    }


async def write_vestigingen(
    conn: AsyncConnection, changes: Changes[Vestigingscode, Registered]
) -> None:
    """Close and write vestigingen, and tell every gateway if anything changed."""
    said = changes.write.values()
    columns: dict[str, list[Any]] = {
        "gemeente": [new.gemeente.reveal() for new in said],
        "sector": [new.sector.value for new in said],
        "swv": [new.swv for new in said],
        "naam": [new.naam for new in said],
        "bevoegd_gezag": [new.bevoegd_gezag for new in said],
        "postcode4": [new.postcode4.reveal() if new.postcode4 else None for new in said],
        "bron": [new.bron for new in said],
    }
    await _write(conn, changes, (_CLOSE_VESTIGINGEN, _WRITE_VESTIGINGEN), columns)


async def write_gemeenten(conn: AsyncConnection, changes: Changes[Gemeentecode, Gemeente]) -> None:
    """Close and write gemeenten, and tell every gateway if anything changed."""
    columns: dict[str, list[Any]] = {
        "last_days": [new.geldig_tot for new in changes.write.values()],
        "naam": [new.naam for new in changes.write.values()],
    }
    await _write(conn, changes, (_CLOSE_GEMEENTEN, _WRITE_GEMEENTEN), columns)


async def write_regions(conn: AsyncConnection, changes: Changes[Postcode4, Regio]) -> None:
    """Close and write the regions of postcodes."""
    columns: dict[str, list[Any]] = {
        "swv_po": [new.swv_po for new in changes.write.values()],
        "swv_vo": [new.swv_vo for new in changes.write.values()],
    }
    await _write(conn, changes, (_CLOSE_REGIO, _WRITE_REGIO), columns)


async def _write(
    conn: AsyncConnection,
    changes: Changes[Any, Any],
    statements: tuple[TextClause, TextClause],
    columns: Mapping[str, list[Any]],
) -> None:
    close, write = statements
    if changes.close:
        last_days = list(changes.close.values())
        await conn.execute(close, {**_keys(changes.close), "last_days": last_days})
    if changes.write:
        await conn.execute(write, {**_keys(changes.write), **columns})
    if changes:
        await announce(conn)


def _keys(rows: Mapping[tuple[Identifier, date], object]) -> dict[str, list[Any]]:
    return {
        "keys": [key.reveal() for key, _ in rows],
        "first_days": [first_day for _, first_day in rows],
    }
