"""What a school put about a month: how many pupils it has, and its finished figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, literal_column, select, tuple_
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Oin, Periode, Vestigingscode
from exchange.messages.schoolcijfers import Leerlingaantallen, Minutentelling, Schoolcijfers
from exchange.storage import tally
from exchange.storage.school_facts import Put
from exchange.storage.tables import leerlingaantallen, schoolcijfers


async def put_leerlingaantallen(
    conn: AsyncConnection,
    month: tuple[Vestigingscode, Periode],
    figures: Leerlingaantallen,
    put_by: Oin,
    put_at: datetime,
) -> Put:
    """Store the number of pupils of one month, unless it stands there already."""
    return await _put(conn, leerlingaantallen, month, _numbers(figures), (put_by, put_at))


async def put_schoolcijfers(
    conn: AsyncConnection,
    month: tuple[Vestigingscode, Periode],
    figures: Schoolcijfers,
    put_by: Oin,
    put_at: datetime,
) -> Put:
    """Store the finished figures of one month, unless they stand there already."""
    columns = {
        **_numbers(figures),
        **_counted("geoorloofd", figures.geoorloofd),
        **_counted("ongeoorloofd", figures.ongeoorloofd),
        "leerlingen_met_ongeoorloofd": figures.leerlingen_met_ongeoorloofd_verzuim,
        "trede1": figures.trede1,
        "trede2": figures.trede2,
        "trede3": figures.trede3,
    }
    return await _put(conn, schoolcijfers, month, columns, (put_by, put_at))


async def leerlingaantallen_of(
    conn: AsyncConnection, vestiging: Vestigingscode, periode: Periode
) -> Leerlingaantallen | None:
    """Give the number of pupils that was put; None if none was."""
    row = await _row(conn, leerlingaantallen, vestiging, periode)
    if row is None:
        return None
    return Leerlingaantallen(
        leerlingen=row.leerlingen, geplande_minuten_per_leerling=row.geplande_minuten
    )


async def schoolcijfers_of(
    conn: AsyncConnection, vestiging: Vestigingscode, periode: Periode
) -> Schoolcijfers | None:
    """Give the finished figures that were put; None if none were."""
    row = await _row(conn, schoolcijfers, vestiging, periode)
    if row is None:
        return None
    return Schoolcijfers(
        leerlingen=row.leerlingen,
        geplande_minuten_per_leerling=row.geplande_minuten,
        geoorloofd=_telling("geoorloofd", row),
        ongeoorloofd=_telling("ongeoorloofd", row),
        leerlingen_met_ongeoorloofd_verzuim=row.leerlingen_met_ongeoorloofd,
        trede1=row.trede1,
        trede2=row.trede2,
        trede3=row.trede3,
    )


async def _put(
    conn: AsyncConnection,
    table: Table,
    month: tuple[Vestigingscode, Periode],
    columns: Mapping[str, int],
    by_and_at: tuple[Oin, datetime],
) -> Put:
    """Put in one statement: of two equal puts at once, one waits and finds nothing to change.

    What changes is marked for the tally.
    """
    vestiging, periode = month
    put_by, put_at = by_and_at
    put = postgresql.insert(table).values(
        vestigingscode=vestiging, periode=periode, **columns, put_by=put_by, put_at=put_at
    )
    standing = tuple_(*(table.c[name] for name in columns))
    new = await conn.scalar(
        put.on_conflict_do_update(
            index_elements=["vestigingscode", "periode"],
            set_={name: put.excluded[name] for name in (*columns, "put_by", "put_at")},
            where=standing != tuple_(*(put.excluded[name] for name in columns)),
        ).returning(literal_column("xmax = 0"))
    )
    if new is None:
        return Put.UNCHANGED
    await tally.mark(conn, [month])
    return Put.NEW if new else Put.CHANGED


async def _row(
    conn: AsyncConnection, table: Table, vestiging: Vestigingscode, periode: Periode
) -> Row[Any] | None:
    columns = [c for c in table.c if c.name not in {"put_by", "put_at"}]
    found = await conn.execute(
        select(*columns).where(table.c.vestigingscode == vestiging, table.c.periode == periode)
    )
    return found.one_or_none()


def _numbers(figures: Leerlingaantallen | Schoolcijfers) -> dict[str, int]:
    return {
        "leerlingen": figures.leerlingen,
        "geplande_minuten": figures.geplande_minuten_per_leerling,
    }


def _counted(name: str, telling: Minutentelling) -> dict[str, int]:
    return {
        f"{name}_minuten": telling.minuten,
        f"{name}_leerlingen": telling.aantal_leerlingen,
        f"{name}_grootste": telling.grootste_aandeel_minuten,
    }


def _telling(name: str, row: Row[Any]) -> Minutentelling:
    return Minutentelling(
        minuten=getattr(row, f"{name}_minuten"),
        aantal_leerlingen=getattr(row, f"{name}_leerlingen"),
        grootste_aandeel_minuten=getattr(row, f"{name}_grootste"),
    )
