"""Signature lines of witnesses under our checkpoints, and the witnesses the operator trusts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.storage.log_tables import log_cosignatures, log_witnesses
from exchange.storage.rows import values_of


@dataclass(frozen=True, slots=True)
class WitnessRow:
    """Somebody who watches the log from outside; its name stands in its signature lines."""

    witness: str
    vkey: str


@dataclass(frozen=True, slots=True)
class CosignatureRow:
    """What a witness signed: that it saw the tree of this size grow out of all earlier ones."""

    size: int
    witness: str
    line: str
    cosigned_at: datetime


async def witness_of(conn: AsyncConnection, name: str) -> WitnessRow | None:
    """Give a witness by its name, unless its key was revoked."""
    found = await conn.execute(
        select(log_witnesses.c.witness, log_witnesses.c.vkey).where(
            log_witnesses.c.witness == name, log_witnesses.c.revoked_at.is_(None)
        )
    )
    row = found.one_or_none()
    return None if row is None else WitnessRow(*row)


async def keep_cosignature(conn: AsyncConnection, row: CosignatureRow) -> bool:
    """Keep a witness's line, once for each size; False when there was one already."""
    kept = await conn.execute(
        postgresql.insert(log_cosignatures)
        .values(values_of(row))
        .on_conflict_do_nothing()
        .returning(log_cosignatures.c.size)
    )
    return kept.one_or_none() is not None


async def cosignatures_of(conn: AsyncConnection, size: int) -> list[CosignatureRow]:
    """Give the lines under the head of one size, by name of the witness."""
    found = await conn.execute(
        _COSIGNATURES.where(log_cosignatures.c.size == size).order_by(log_cosignatures.c.witness)
    )
    return [CosignatureRow(*row) for row in found]


async def newest_cosignatures(conn: AsyncConnection, limit: int) -> list[CosignatureRow]:
    """Give the newest lines, the largest tree first."""
    order = log_cosignatures.c.size.desc(), log_cosignatures.c.witness
    found = await conn.execute(_COSIGNATURES.order_by(*order).limit(limit))
    return [CosignatureRow(*row) for row in found]


_COSIGNATURES = select(
    log_cosignatures.c.size,
    log_cosignatures.c.witness,
    log_cosignatures.c.line,
    log_cosignatures.c.cosigned_at,
)
