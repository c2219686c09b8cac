"""What PostgreSQL takes by raw COPY of the rows that a delivery left: the yardstick of bulk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from io import BytesIO

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from tests.bench.speed.quantiles import spread_of
from tests.bench.speed.samples import Sample
from tests.bench.speed.site import Site

_OWN = "SELECT * FROM {table} WHERE bericht_id = $1::text::uuid ORDER BY ctid"
_OF_A_LINE = {"registrations": _OWN}
"""One row for each line: what is counted."""

_ALL = {
    **_OF_A_LINE,
    "registration_ids": """
        SELECT i.* FROM registration_ids i
        JOIN registrations r USING (vestigingscode, id_digest)
        WHERE r.bericht_id = $1::text::uuid ORDER BY i.ctid
    """,
    "subject_link": _OWN,
    "log_records": _OWN,
    "messages": _OWN,
    "message_scope": _OWN,
    "idempotency": _OWN,
    "month_sources": """
        SELECT m.* FROM month_sources m JOIN message_scope s USING (vestigingscode, periode)
        WHERE s.bericht_id = $1::text::uuid
    """,
}
"""All that stands afterwards: unique numbers, links of pupils, the log, the message."""


def copied(site: Site, bericht_id: str, lines: int) -> Sample:
    """Copy the registrations of a delivery into an empty table of the same shape."""
    return asyncio.run(_copied(site, bericht_id, lines, _OF_A_LINE))


def copied_whole(site: Site, bericht_id: str, lines: int) -> Sample:
    """Copy all rows that a delivery left, each table in one COPY; give the cost of a line."""
    return asyncio.run(_copied(site, bericht_id, lines, _ALL))


async def _copied(site: Site, bericht_id: str, lines: int, tables: Mapping[str, str]) -> Sample:
    connection = await asyncpg.connect(site.database)
    try:
        contents = {
            table: await _formatted(connection, table, query.format(table=table), bericht_id)
            for table, query in tables.items()
        }
        before, cpu, begun = site.spent(), time.process_time(), time.perf_counter()
        async with connection.transaction():
            for table, content in contents.items():
                source = _pieces(content)
                await connection.copy_to_table(_empty(table), source=source, format="binary")
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
        spent = site.spent().since(before)
        await _require_all(connection, lines)
    finally:
        await connection.close()
    others = max(spent.busy - spent.postgres - cpu, 0.0) / max(spent.busy, 1e-9)
    return Sample(
        rate=lines / seconds,
        server=0.0,
        postgres=spent.postgres / lines * 1e6,
        workers=0.0,
        generator=cpu / lines * 1e6,
        spread=spread_of([seconds * 1000]),
        others=others,
    )


async def _formatted(
    connection: asyncpg.Connection, table: str, query: str, bericht_id: str
) -> bytes:
    """Make the empty table, and give the rows as COPY wants them."""
    empty = _empty(table)
    await connection.execute(
        f"CREATE TABLE IF NOT EXISTS {empty} (LIKE {table} INCLUDING ALL); TRUNCATE {empty}"
    )
    rows = BytesIO()
    await connection.copy_from_query(query, bericht_id, output=rows, format="binary")
    return rows.getvalue()


async def _require_all(connection: asyncpg.Connection, lines: int) -> None:
    found = await connection.fetchval(f"SELECT count(*) FROM {_empty('registrations')}")  # noqa: S608
    if found != lines:
        raise SystemExit(f"of {lines} lines {found} were copied")


def _empty(table: str) -> str:
    return f"copy_of_{table}"


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for begin in range(0, len(content), _PIECE):
        yield content[begin : begin + _PIECE]


_PIECE = 1 << 18
