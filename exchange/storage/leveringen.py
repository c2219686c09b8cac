"""Releases as their recipients get them: their list, each form of their part, and its bytes."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from sqlalchemy import ColumnElement, Table, exists, func, literal, null, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.errors import Fault
from exchange.messages.identifiers import Oin
from exchange.storage.cursors import decode, page_of
from exchange.storage.figure_tables import release_files, release_sealed, releases
from exchange.storage.release_rows import FormKey, FormRow, ListedRelease, ReleaseFacts, SealedRow
from exchange.storage.rows import Page, values_of

_HIGHEST_NUMBER = 2**31 - 1


async def list_leveringen(
    conn: AsyncConnection, recipient: Oin, cursor: str | None, limit: int
) -> Page[ListedRelease]:
    """Give one page of the releases in which a recipient has a part, newest first.

    ``ValueError`` for a cursor that is none.
    """
    query = _LISTED.where(_has_part(recipient)).order_by(releases.c.nummer.desc())
    if cursor is not None:
        query = query.where(releases.c.nummer < min(decode(cursor).int, _HIGHEST_NUMBER))
    found = (await conn.execute(query.limit(limit + 1))).all()
    forms = await _forms(conn, recipient, [row.nummer for row in found])
    items = [ListedRelease(**row._mapping, forms=forms[row.nummer]) for row in found]  # noqa: SLF001  public API
    return page_of(items, limit, lambda item: UUID(int=item.nummer))


async def levering_of(conn: AsyncConnection, nummer: int, recipient: Oin) -> ReleaseFacts | None:
    """Give a release in which a recipient has a part; None for another's as for none at all."""
    query = select(*(releases.c[name] for name in ReleaseFacts.__dataclass_fields__))
    found = await conn.execute(query.where(releases.c.nummer == nummer, _has_part(recipient)))
    row = found.one_or_none()
    return None if row is None else ReleaseFacts(**row._mapping)  # noqa: SLF001  public API


async def form_of(conn: AsyncConnection, key: FormKey) -> FormRow | None:
    """Give what is told of one form; its bytes are not read for it."""
    table = _table(key)
    csp = null() if key.kid else release_files.c.csp
    found = await conn.execute(
        select(table.c.sha256, func.octet_length(table.c.body), csp).where(_is(key))
    )
    row = found.one_or_none()
    return None if row is None else FormRow(key.media_type, *row)


async def body_of(conn: AsyncConnection, key: FormKey) -> bytes:
    """Give the bytes of a form that is there."""
    body = await conn.scalar(select(_table(key).c.body).where(_is(key)))
    if body is None:
        raise Fault("form-without-bytes")
    return bytes(body)


async def keep_sealed(conn: AsyncConnection, row: SealedRow) -> None:
    """Keep a sealed form; of two made at once for the same key the first stays."""
    await conn.execute(
        postgresql.insert(release_sealed).values(values_of(row)).on_conflict_do_nothing()
    )


_LISTED = select(
    releases.c.nummer,
    releases.c.periode,
    releases.c.stand,
    releases.c.released_at,
    releases.c.drempel,
    releases.c.certificate_digest,
    releases.c.manifest,
    releases.c.withdrawn_at,
)


def _has_part(recipient: Oin) -> ColumnElement[bool]:
    """Row security says the same; a query that forgot to would find others' releases here."""
    part = (release_files.c.nummer == releases.c.nummer) & (release_files.c.recipient == recipient)
    return exists(select(literal(1)).where(part))


async def _forms(
    conn: AsyncConnection, recipient: Oin, numbers: list[int]
) -> defaultdict[int, list[FormRow]]:
    columns = release_files.c
    found = await conn.execute(
        select(columns.nummer, columns.media_type, columns.sha256, func.octet_length(columns.body))
        .where(columns.recipient == recipient, columns.nummer.in_(numbers))
        .order_by(columns.media_type)
    )
    forms: defaultdict[int, list[FormRow]] = defaultdict(list)
    for nummer, media_type, sha256, size in found:
        forms[nummer].append(FormRow(media_type, sha256, size))
    return forms


def _table(key: FormKey) -> Table:
    return release_files if key.kid is None else release_sealed


def _is(key: FormKey) -> ColumnElement[bool]:
    table = _table(key)
    mine = (table.c.nummer == key.nummer) & (table.c.recipient == key.recipient)
    if key.kid is None:
        return mine & (table.c.media_type == key.media_type)
    return mine & (table.c.kid == key.kid)
