"""The rows of one acceptance: keys claimed, message and parcels written, an earlier one withdrawn.

Nothing here commits: everything that belongs to one acceptance stands or falls together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, delete, insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.errors import Code, Refused
from exchange.policy.status import Status
from exchange.storage import counting
from exchange.storage.erasing import erased
from exchange.storage.faults import LOCK_NOT_AVAILABLE, sqlstate
from exchange.storage.log_tables import subject_link
from exchange.storage.rows import (
    EarlierRow,
    IdempotencyRow,
    MessageRow,
    ParcelRow,
    Remembered,
    StoredReceipt,
    Withdrawal,
    WithdrawnParcel,
    values_of,
)
from exchange.storage.tables import idempotency, messages, natural_keys, outbox

_RECEIPT = (
    messages.c.bericht_id,
    messages.c.soort,
    messages.c.vestigingscode,
    messages.c.schooljaar,
    messages.c.receipt,
)


async def recall(conn: AsyncConnection, key_digest: bytes) -> Remembered | None:
    """Give what an idempotency key was answered with.

    Raises:
        Refused: ``geen-mandaat`` when the key is known, but the message is of a vestiging that the
            caller may no longer see: reading follows today's mandate.
    """
    found = await conn.execute(
        select(idempotency.c.body_digest, idempotency.c.status, *_RECEIPT)
        .outerjoin(messages, messages.c.bericht_id == idempotency.c.bericht_id)
        .where(idempotency.c.key_digest == key_digest)
    )
    row = found.one_or_none()
    if row is None:
        return None
    if row.bericht_id is None:
        raise Refused(Code.GEEN_MANDAAT)
    return Remembered(row.body_digest, row.status, stored_receipt(row))


async def claim_idempotency(conn: AsyncConnection, row: IdempotencyRow) -> bool:
    """Claim a key for this transaction; False when another one answered it already.

    While another transaction with the same key is still open this waits for it: if that commits
    the answer is False, if it rolls back the key is ours.

    Raises:
        Refused: ``idempotentiesleutel-bezig`` when the wait takes longer than the lock timeout.
    """
    try:
        result = await conn.execute(_CLAIM_KEY, values_of(row))
    except DBAPIError as error:
        if sqlstate(error) == LOCK_NOT_AVAILABLE:
            raise Refused(Code.IDEMPOTENTIESLEUTEL_BEZIG) from None
        raise
    return result.rowcount == 1


async def claim_natural_key(conn: AsyncConnection, digest: bytes, bericht_id: UUID) -> UUID | None:
    """Claim what makes a message the same as another; None, or the message that has it already.

    A withdrawal frees it. On a conflict the row is locked and read in the same round trip.
    """
    claimed = {"digest": digest, "bericht_id": bericht_id}
    holder: UUID | None = await conn.scalar(_CLAIM_NATURAL_KEY, claimed)
    return None if holder == bericht_id else holder


async def reported_as(conn: AsyncConnection, digest: bytes) -> UUID | None:
    """Give the message that has a natural key, without claiming it."""
    return await conn.scalar(
        select(natural_keys.c.bericht_id).where(natural_keys.c.digest == digest)
    )


async def insert_message(conn: AsyncConnection, row: MessageRow) -> None:
    """Write a message."""
    await conn.execute(insert(messages), values_of(row))


async def insert_parcels(conn: AsyncConnection, rows: Sequence[ParcelRow]) -> None:
    """Put parcels in their mailboxes; the forwarder wakes at commit if one has to be pushed."""
    if rows:
        parcels = [parcel_values(row) for row in rows]
        await conn.execute(
            _INSERT_PARCELS, {"parcels": parcels, "pushed": any(row.push for row in rows)}
        )


async def earlier_message(conn: AsyncConnection, bericht_id: UUID) -> EarlierRow | None:
    """Give what a withdrawal or replacement must know of the message that it is about."""
    found = await conn.execute(
        select(
            messages.c.soort,
            messages.c.vestigingscode,
            messages.c.schooljaar,
            messages.c.periode,
            messages.c.event_day,
            messages.c.withdrawn_at,
            messages.c.withdrawn_by,
            outbox.c.recipient,
            outbox.c.status,
            subject_link.c.blind_index,
        )
        .outerjoin(
            outbox,
            and_(outbox.c.bericht_id == messages.c.bericht_id, outbox.c.rol == "leerplicht"),
        )
        .outerjoin(subject_link, subject_link.c.entry == messages.c.entry)
        .where(messages.c.bericht_id == bericht_id)
        .limit(1)
    )
    row = found.one_or_none()
    if row is None:
        return None
    return EarlierRow(
        soort=row.soort,
        vestigingscode=row.vestigingscode,
        schooljaar=row.schooljaar,
        periode=row.periode,
        event_day=row.event_day,
        withdrawn_at=row.withdrawn_at,
        withdrawn_by=row.withdrawn_by,
        recipient=row.recipient,
        recipient_status=Status(row.status) if row.status else None,
        blind_index=row.blind_index,
    )


async def withdrawal_of(conn: AsyncConnection, bericht_id: UUID) -> StoredReceipt | None:
    """Give the receipt of the message that withdrew or replaced this one."""
    earlier = messages.alias("earlier")
    found = await conn.execute(
        select(*_RECEIPT)
        .join(earlier, earlier.c.withdrawn_by == messages.c.bericht_id)
        .where(earlier.c.bericht_id == bericht_id)
    )
    row = found.one_or_none()
    return None if row is None else stored_receipt(row)


async def withdraw(
    conn: AsyncConnection, bericht_id: UUID, *, by: UUID, at: datetime
) -> Withdrawal | None:
    """Withdraw a message on behalf of message ``by``; None if it was already, or is not theirs.

    Safe against a download at the same moment, because both lock the parcel: either the download
    was first, and ``was_fetched`` says that a withdrawal must follow it, or it finds nothing left.
    The message is locked before its parcels, and in a way that lets a report refer to it.
    """
    withdrawn = await conn.execute(
        update(messages)
        .where(messages.c.bericht_id == bericht_id, messages.c.withdrawn_at.is_(None))
        .values(withdrawn_at=at, withdrawn_by=by)
    )
    if withdrawn.rowcount == 0:
        return None
    parcels = await _lock_parcels(conn, bericht_id)
    if parcels:
        await conn.execute(
            update(outbox)
            .where(outbox.c.bericht_id == bericht_id)
            .values(status=Status.INGETROKKEN.value, **erased(at))
        )
    await conn.execute(delete(natural_keys).where(natural_keys.c.bericht_id == bericht_id))
    await counting.undo(conn, bericht_id)
    return Withdrawal(parcels)


def stored_receipt(row: Row[*tuple[Any, ...]]) -> StoredReceipt:
    """Take the columns of a receipt from a row that has them."""
    return StoredReceipt(row.bericht_id, row.soort, row.vestigingscode, row.schooljaar, row.receipt)


async def _lock_parcels(conn: AsyncConnection, bericht_id: UUID) -> tuple[WithdrawnParcel, ...]:
    found = await conn.execute(
        select(outbox.c.rol, outbox.c.recipient, outbox.c.status, outbox.c.fetched_at)
        .where(outbox.c.bericht_id == bericht_id)
        .order_by(outbox.c.rol)
        .with_for_update()
    )
    return tuple(
        WithdrawnParcel(row.rol, row.recipient, Status(row.status), row.fetched_at is not None)
        for row in found
    )


_CLAIM_KEY = postgresql.insert(idempotency).on_conflict_do_nothing()

_CLAIM_NATURAL_KEY = (
    postgresql.insert(natural_keys)
    .on_conflict_do_update(
        index_elements=["digest"], set_={"bericht_id": natural_keys.c.bericht_id}
    )
    .returning(natural_keys.c.bericht_id)
)

# A parcel that is to be pushed is due at once. Plan: a function scan.
INTO_OUTBOX = """
    INSERT INTO outbox (bericht_id, rol, recipient, soort, vestigingscode, schooljaar, purpose,
                        kid, payload, created_at, push_status, push_due_at)
    SELECT p.bericht_id, p.rol, p.recipient, p.soort, p.vestigingscode, p.schooljaar, p.purpose,
           p.kid, p.payload, p.created_at,
           CASE WHEN p.push THEN 'wachtend' ELSE 'geen' END,
           CASE WHEN p.push THEN p.created_at END
    FROM unnest(CAST(:parcels AS intake_parcel[])) AS p
"""

_INSERT_PARCELS = text(
    f"WITH parcels AS ({INTO_OUTBOX}) SELECT pg_notify('outbox', '') WHERE CAST(:pushed AS boolean)"
)


def parcel_values(row: ParcelRow) -> tuple[object, ...]:
    """Give a parcel as an ``intake_parcel``."""
    return (
        row.bericht_id,
        row.rol,
        row.recipient.reveal(),
        row.soort,
        row.vestigingscode.reveal(),
        row.schooljaar.start,
        row.purpose,
        row.kid,
        row.payload,
        row.created_at,
        row.push,
    )
