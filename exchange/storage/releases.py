"""Releases as they are made: numbered without gaps, kept as published, withdrawn but never gone."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.errors import Code, Refused
from exchange.messages.identifiers import Oin
from exchange.storage.figure_tables import (
    release_certificates,
    release_files,
    release_notices,
    releases,
)
from exchange.storage.release_rows import ArchivedRow, FileRow, ReleaseRow
from exchange.storage.rows import values_of

_NUMBERING = 0x6C65766572  # "lever": the advisory lock of whoever takes a number


async def next_number(conn: AsyncConnection) -> int:
    """Give the number of the next release; until the transaction ends nobody else gets one.

    A number is used when its release is inserted: one that was only asked for leaves no gap.
    """
    await conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _NUMBERING})
    return int(await conn.scalar(select(func.coalesce(func.max(releases.c.nummer), 0) + 1)) or 1)


async def insert_release(conn: AsyncConnection, row: ReleaseRow) -> None:
    """Write a release; what is large in it is stored compressed."""
    values = {**values_of(row), "published": _packed(row.published)}
    certificate = _packed(values.pop("certificate"))
    await conn.execute(insert(releases).values(values))
    await conn.execute(
        insert(release_certificates).values(nummer=row.nummer, certificate=certificate)
    )


async def insert_files(conn: AsyncConnection, rows: Iterable[FileRow]) -> None:
    """Write what recipients may download, one at a time: together they are large."""
    for row in rows:
        await conn.execute(insert(release_files).values(values_of(row)))


async def insert_notices(
    conn: AsyncConnection, nummer: int, recipients: Iterable[Oin], due_at: datetime
) -> None:
    """Have these recipients told of a release by push."""
    rows = [{"nummer": nummer, "recipient": oin, "push_due_at": due_at} for oin in recipients]
    if rows:
        await conn.execute(insert(release_notices), rows)


async def withdraw(conn: AsyncConnection, nummer: int, at: datetime, entry: UUID) -> bool:
    """Withdraw a release and call off its notices; False when it was withdrawn before.

    Raises ``niet-gevonden`` for a number that no release has.
    """
    found = await conn.execute(
        update(releases)
        .where(releases.c.nummer == nummer, releases.c.withdrawn_at.is_(None))
        .values(withdrawn_at=at, withdrawn_entry=entry)
    )
    if not found.rowcount:
        if await conn.scalar(select(releases.c.nummer).where(releases.c.nummer == nummer)) is None:
            raise Refused(Code.NIET_GEVONDEN)
        return False
    await conn.execute(
        update(release_notices)
        .where(release_notices.c.nummer == nummer, release_notices.c.push_status == "wachtend")
        .values(push_status="geen", push_due_at=None, push_lease_until=None)
    )
    return True


async def archive(conn: AsyncConnection) -> Sequence[ArchivedRow]:
    """Give all that was ever published, oldest first; withdrawn releases too: they were seen."""
    columns = releases.c.published, releases.c.withdrawn_at
    found = await conn.execute(select(*columns).order_by(releases.c.nummer))
    return [ArchivedRow(gzip.decompress(packed), withdrawn_at) for packed, withdrawn_at in found]


def _packed(document: bytes) -> bytes:
    """Compress without a clock in it, so that the same document gives the same bytes."""
    return gzip.compress(document, mtime=0)
