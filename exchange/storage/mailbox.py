"""Mailboxes, and what schools read back: steps of a locked parcel, reports and receipts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    insert,
    select,
    union,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.errors import Fault
from exchange.messages.identifiers import Oin, Periode, Schooljaar, Vestigingscode
from exchange.policy.status import MailboxStatus, Status
from exchange.storage.acceptance import stored_receipt
from exchange.storage.cursors import decode, page_of
from exchange.storage.database import Database
from exchange.storage.erasing import erased
from exchange.storage.log_tables import subject_link
from exchange.storage.pool import line_of
from exchange.storage.rows import (
    ListedParcel,
    Page,
    ReceiptRow,
    StoredParcel,
    TerugmeldingRow,
    values_of,
)
from exchange.storage.tables import (
    LIVE,
    message_scope,
    messages,
    outbox,
    terugmeldingen,
)

PUPIL = (
    select(subject_link.c.blind_index)
    .where(subject_link.c.bericht_id == outbox.c.bericht_id)
    .order_by(subject_link.c.entry)
    .limit(1)
    .correlate(outbox)
    .scalar_subquery()
    .label("blind_index")
)
"""The pupil that a parcel is about, for the log: all records of one message share the index."""


async def list_parcels(
    conn: AsyncConnection,
    recipient: Oin,
    status: MailboxStatus | None,
    cursor: str | None,
    limit: int,
) -> Page[ListedParcel]:
    """Give one page of a mailbox, oldest first; ``ValueError`` for a cursor that is none."""
    after = () if cursor is None else (decode(cursor),)
    query = _LISTS[status, bool(after)]
    found = await line_of(conn).fetch(query, recipient.reveal(), limit + 1, *after)
    items = [ListedParcel(number, soort, Status(at), when) for number, soort, at, when in found]
    return page_of(items, limit, lambda item: item.bericht_id)


async def find_parcel(
    database: Database, recipient: Oin, today: date, bericht_id: UUID
) -> StoredParcel | None:
    """Give a parcel as it is now, in one round trip; None if it is not the recipient's."""
    found = await database.ask(FIND, bericht_id, party=recipient, today=today)
    return _stored(found, recipient)


async def lock_parcel(
    conn: AsyncConnection, recipient: Oin, bericht_id: UUID
) -> StoredParcel | None:
    """Give a parcel and hold it until the transaction ends; None if it is not the recipient's."""
    return await _parcel(conn, _LOCKED, recipient, bericht_id)


async def fetch_parcel(
    conn: AsyncConnection, recipient: Oin, bericht_id: UUID, at: datetime
) -> StoredParcel | None:
    """Lock a parcel and note its first download, from which on no notice is needed.

    Gives it as it was before; None if it is not the recipient's.
    """
    return await _parcel(conn, _FETCH, recipient, bericht_id, at, _UNFETCHED)


async def mark_acknowledged(
    conn: AsyncConnection, bericht_id: UUID, rol: str, at: datetime
) -> None:
    """Note that the recipient has a downloaded message; the payload stays for a while."""
    await _step(conn, bericht_id, rol, Status.AFGELEVERD, _to(Status.BEVESTIGD, acknowledged_at=at))


async def mark_refused(
    conn: AsyncConnection, bericht_id: UUID, rol: str, reden: str, at: datetime
) -> None:
    """Note that the recipient gave a downloaded message back, and destroy the payload."""
    values = _to(Status.GEWEIGERD, refusal=reden, **erased(at))
    await _step(conn, bericht_id, rol, Status.AFGELEVERD, values)


async def set_handling(
    conn: AsyncConnection,
    bericht_id: UUID,
    rol: str,
    handling: str,
    afsluitreden: str | None = None,
) -> None:
    """Note what the recipient does with an acknowledged message, and why it closed it."""
    values: dict[str, object] = {"handling": handling, "afsluitreden": afsluitreden}
    await _step(conn, bericht_id, rol, Status.BEVESTIGD, values)


async def add_terugmelding(conn: AsyncConnection, *rows: TerugmeldingRow) -> None:
    """Tell schools what became of their messages."""
    if rows:
        await conn.execute(insert(terugmeldingen), [values_of(row) for row in rows])


async def list_terugmeldingen(
    conn: AsyncConnection, vestiging: Vestigingscode, cursor: str | None, limit: int
) -> Page[TerugmeldingRow]:
    """Give one page of what a school was told, oldest first."""
    query = select(terugmeldingen).where(terugmeldingen.c.vestigingscode == vestiging)
    found = await conn.execute(_after(query, terugmeldingen.c.id, cursor, limit))
    items = [TerugmeldingRow(**row._mapping) for row in found]  # noqa: SLF001  public API
    return page_of(items, limit, lambda item: item.id)


async def receipt_of(conn: AsyncConnection, bericht_id: UUID) -> ReceiptRow | None:
    """Give the receipt of a message and where its parcels stand now."""
    rows = await _receipts(conn, _MESSAGES.where(messages.c.bericht_id == bericht_id))
    return rows[0] if rows else None


async def list_receipts(
    conn: AsyncConnection,
    vestiging: Vestigingscode,
    periode: Periode | None,
    cursor: str | None,
    limit: int,
) -> Page[ReceiptRow]:
    """Give one page of the receipts of a vestiging, oldest first, of one month or all.

    A delivery of registrations is about every vestiging and month in its scope.
    """
    named = [
        _after(
            select(table.c.bericht_id).where(*_about(table, vestiging, periode)).distinct(),
            table.c.bericht_id,
            cursor,
            limit,
        ).subquery()
        for table in (messages, message_scope)
    ]
    ids = union(*(select(page.c.bericht_id) for page in named))
    query = _after(_MESSAGES, messages.c.bericht_id, None, limit)
    rows = await _receipts(conn, query.where(messages.c.bericht_id.in_(ids)))
    return page_of(rows, limit, lambda row: row.receipt.bericht_id)


async def scope_of(conn: AsyncConnection, bericht_id: UUID) -> Sequence[Vestigingscode]:
    """Give the vestigingen of a delivery of registrations, as far as the caller sees them."""
    found = await conn.scalars(
        select(message_scope.c.vestigingscode)
        .where(message_scope.c.bericht_id == bericht_id)
        .distinct()
    )
    return found.all()


def _list(status: MailboxStatus | None, *, after: bool) -> str:
    """Write a list in the order of ids, which is that of time (UUIDv7)."""
    of_status = {None: "", MailboxStatus.NIEUW: f"AND {LIVE}"}
    return f"""
        SELECT bericht_id, soort, status, created_at FROM outbox
        WHERE recipient = $1 {of_status.get(status, f"AND status = '{status}'")}
              {"AND bericht_id > $3" if after else ""}
        ORDER BY bericht_id LIMIT $2
    """  # noqa: S608  words of our own


# A status in the very words of the partial indexes, so that they are used.
_LISTS = {
    (status, after): _list(status, after=after)
    for status in (None, *MailboxStatus)
    for after in (False, True)
}

_COLUMNS = tuple(StoredParcel.__dataclass_fields__)[:-1]  # its last field is the pupil

_PARCEL = f"""
    SELECT {", ".join(_COLUMNS)},
           (SELECT l.blind_index FROM subject_link l WHERE l.bericht_id = o.bericht_id
            ORDER BY l.entry LIMIT 1)
    FROM outbox o
"""  # noqa: S608  names of our own columns

# Plan of both: one row of ``outbox_mailbox``, and the first link of its message. No plan of the
# first can look before it is said who asks: what it looks for comes out of that (``surroundings``).
FIND = f"""
    SELECT parcel.*
    FROM (
        SELECT set_config('exchange.party', $1, true) AS recipient,
               set_config('exchange.today', $2, true) AS today, CAST($3 AS uuid) AS bericht_id
        OFFSET 0
    ) AS who
    CROSS JOIN LATERAL (
        {_PARCEL} WHERE o.recipient = who.recipient AND o.bericht_id = who.bericht_id LIMIT 1
    ) AS parcel
"""  # noqa: S608  as above
_LOCKED = f"{_PARCEL} WHERE o.recipient = $1 AND o.bericht_id = $2 FOR UPDATE OF o"

# The values are those of ``no_push``. Plan: of the locked row, one row by primary key; the statuses
# are no words of a partial index, which the planner would take for a way to single rows.
_FETCH = f"""
    WITH parcel AS MATERIALIZED ({_LOCKED}), fetched AS (
        UPDATE outbox o
        SET status = 'afgeleverd', fetched_at = $3, push_due_at = NULL, push_lease_until = NULL,
            push_status = CASE push_status WHEN 'wachtend' THEN 'geen' ELSE push_status END
        FROM parcel p
        WHERE o.bericht_id = p.bericht_id AND o.rol = p.rol
          AND o.status = ANY(CAST($4 AS text[]))
    )
    SELECT * FROM parcel
"""  # noqa: S608  as above
_UNFETCHED = [Status.WACHTEND.value, Status.GEPARKEERD.value]

_MESSAGES = select(
    messages.c.bericht_id,
    messages.c.soort,
    messages.c.vestigingscode,
    messages.c.schooljaar,
    messages.c.receipt,
    messages.c.withdrawn_at,
)


async def _parcel(
    conn: AsyncConnection, query: str, recipient: Oin, bericht_id: UUID, *values: object
) -> StoredParcel | None:
    found = await line_of(conn).fetch(query, recipient.reveal(), bericht_id, *values)
    return _stored(found, recipient)


def _stored(found: Sequence[Mapping[str, Any]], recipient: Oin) -> StoredParcel | None:
    if not found:
        return None
    columns = dict(found[0])
    columns["recipient"] = recipient
    columns["vestigingscode"] = Vestigingscode(columns["vestigingscode"])
    columns["schooljaar"] = Schooljaar(columns["schooljaar"])
    columns["status"] = Status(columns["status"])
    return StoredParcel(**columns)


async def _receipts(conn: AsyncConnection, query: Select[Any]) -> list[ReceiptRow]:
    rows = (await conn.execute(query)).all()
    ids = [row.bericht_id for row in rows]
    parcels = await conn.execute(
        select(outbox.c.bericht_id, outbox.c.rol, outbox.c.status).where(
            outbox.c.bericht_id.in_(ids)
        )
    )
    statuses: dict[UUID, dict[str, Status]] = {bericht_id: {} for bericht_id in ids}
    for parcel in parcels:
        statuses[parcel.bericht_id][parcel.rol] = Status(parcel.status)
    return [_receipt_row(row, statuses[row.bericht_id]) for row in rows]


def _receipt_row(row: Row[*tuple[Any, ...]], statuses: dict[str, Status]) -> ReceiptRow:
    return ReceiptRow(stored_receipt(row), row.withdrawn_at is not None, statuses)


def _about(
    table: Table, vestiging: Vestigingscode, periode: Periode | None
) -> Sequence[ColumnElement[bool]]:
    here = table.c.vestigingscode == vestiging
    return (here,) if periode is None else (here, table.c.periode == periode)


def _after(
    query: Select[Any], key: ColumnElement[UUID], cursor: str | None, limit: int
) -> Select[Any]:
    """Continue after the cursor in the order of ids, which is that of time (UUIDv7)."""
    if cursor is not None:
        query = query.where(key > decode(cursor))
    return query.order_by(key).limit(limit + 1)


def _is(bericht_id: UUID, rol: str) -> ColumnElement[bool]:
    return (outbox.c.bericht_id == bericht_id) & (outbox.c.rol == rol)


def _to(status: Status, **values: object) -> dict[str, object]:
    return {"status": status.value, **values}


async def _step(
    conn: AsyncConnection, bericht_id: UUID, rol: str, before: Status, values: dict[str, object]
) -> None:
    """Change a locked parcel; its state was judged after the lock, so it cannot have moved."""
    result = await conn.execute(
        update(outbox).where(_is(bericht_id, rol), outbox.c.status == before.value).values(values)
    )
    if result.rowcount != 1:
        raise Fault(f"parcel was not {before.value}")
