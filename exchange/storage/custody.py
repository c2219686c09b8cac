"""What is stored about one message, as far as the caller may see it: facts, parcels and records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Oin, Vestigingscode
from exchange.storage.tables import messages


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """A message without its receipt; ``vestigingscode`` is None once only its records are left."""

    bericht_id: UUID
    soort: str
    vestigingscode: Vestigingscode | None
    sender: Oin
    received_at: datetime
    betreft: UUID | None
    withdrawn_at: datetime | None
    withdrawn_by: UUID | None
    policy_date: date
    entry: UUID


@dataclass(frozen=True, slots=True)
class ParcelState:
    """Where the message stands at one recipient, and since when its payload is gone."""

    rol: str
    recipient: Oin
    status: str
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class CustodyRow:
    """A record about the message; ``leaf`` is None once its text went, ``place`` while it waits."""

    entry: UUID
    recorded_at: datetime
    leaf: bytes | None = field(repr=False)
    leaf_hash: bytes
    place: int | None


async def facts_of(conn: AsyncConnection, bericht_id: UUID) -> MessageFacts | None:
    """Give the facts of a message; None where the caller may see none."""
    columns = (messages.c[name] for name in MessageFacts.__dataclass_fields__)
    found = await conn.execute(select(*columns).where(messages.c.bericht_id == bericht_id))
    row = found.one_or_none()
    return None if row is None else MessageFacts(*row)


async def parcels_of(conn: AsyncConnection, bericht_id: UUID) -> list[ParcelState]:
    """Give the parcels of a message that the caller may see."""
    found = await conn.execute(_PARCELS, {"bericht_id": bericht_id})
    return [ParcelState(row.rol, Oin(row.recipient), row.status, row.erased_at) for row in found]


# The FG sees no row of a mailbox, only where a parcel stands.
_PARCELS = text("""
    SELECT rol, recipient, status, erased_at
    FROM exchange_parcel_states(CAST(:bericht_id AS uuid)) ORDER BY rol
""")


async def records_about(conn: AsyncConnection, bericht_id: UUID, limit: int) -> list[CustodyRow]:
    """Give the records about a message that the caller may see, the oldest first."""
    found = await conn.execute(_RECORDS, {"bericht_id": bericht_id, "limit": limit})
    return [CustodyRow(*row) for row in found]


# Plan: log_records_by_message, then one look-up of a place for each.
_RECORDS = text("""
    SELECT r.entry, r.recorded_at, r.leaf, r.leaf_hash, l.index
    FROM (
        SELECT entry, recorded_at, leaf, leaf_hash FROM log_records
        WHERE bericht_id = CAST(:bericht_id AS uuid) ORDER BY entry LIMIT :limit
    ) AS r LEFT JOIN log_leaves AS l ON l.entry = r.entry
    ORDER BY l.index NULLS LAST, r.entry
""")
