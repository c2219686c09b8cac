"""The witnesses that the operator trusts to watch the log from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.storage.log_tables import log_witnesses


@dataclass(frozen=True, slots=True)
class TrustedWitness:
    """A witness by the name in its key; from ``revoked_at`` on nothing of it is kept any more."""

    witness: str
    vkey: str
    added_at: datetime
    revoked_at: datetime | None


async def list_witnesses(conn: AsyncConnection) -> list[TrustedWitness]:
    """Give all that are or were trusted, by name."""
    found = await conn.execute(
        select(
            log_witnesses.c.witness,
            log_witnesses.c.vkey,
            log_witnesses.c.added_at,
            log_witnesses.c.revoked_at,
        ).order_by(log_witnesses.c.witness)
    )
    return [TrustedWitness(*row) for row in found]


async def add_witness(conn: AsyncConnection, witness: str, vkey: str, at: datetime) -> None:
    """Trust a witness from now on; a name is given once, also after it was revoked."""
    await conn.execute(insert(log_witnesses).values(witness=witness, vkey=vkey, added_at=at))


async def revoke_witness(conn: AsyncConnection, witness: str, at: datetime) -> bool:
    """Trust a witness no longer; False when nobody of that name was trusted."""
    result = await conn.execute(
        update(log_witnesses)
        .where(log_witnesses.c.witness == witness, log_witnesses.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    return bool(result.rowcount)
