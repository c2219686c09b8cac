"""Recipients' public keys: at most one is active; what was sealed to an older one stays valid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Oin
from exchange.policy.parties import KeyStatus
from exchange.storage.directory.notice import announce
from exchange.storage.rows import RecipientKeyRow
from exchange.storage.tables import parties, recipient_keys

_KEYS = recipient_keys.c


async def register_key(
    conn: AsyncConnection, oin: Oin, kid: str, jwk: str, approve: bool, now: datetime
) -> KeyStatus:
    """Take a recipient's key; the active one stays in use until the new one is approved.

    Registering the active key again changes nothing. A key that waits gives way to a newer one.
    """
    await _one_at_a_time(conn, oin)
    status = await conn.scalar(select(_KEYS.status).where(_KEYS.oin == oin, _KEYS.kid == kid))
    if status == KeyStatus.ACTIEF.value:
        return KeyStatus.ACTIEF
    new = KeyStatus.ACTIEF if approve else KeyStatus.WACHT_OP_BEVESTIGING
    await _replace(conn, oin, KeyStatus.WACHT_OP_BEVESTIGING, new)
    state = {"status": new.value, "approved_at": now if approve else None}
    add = insert(recipient_keys).values(oin=oin, kid=kid, jwk=jwk, registered_at=now, **state)
    await conn.execute(add.on_conflict_do_update(index_elements=["oin", "kid"], set_=state))
    await announce(conn)
    return new


async def approve_key(conn: AsyncConnection, oin: Oin, kid: str, now: datetime) -> bool:
    """Make a waiting key the active one; False when no such key waits."""
    await _one_at_a_time(conn, oin)
    waits = (
        _KEYS.oin == oin,
        _KEYS.kid == kid,
        _KEYS.status == KeyStatus.WACHT_OP_BEVESTIGING.value,
    )
    if await conn.scalar(select(_KEYS.kid).where(*waits)) is None:
        return False
    await _replace(conn, oin, KeyStatus.ACTIEF)
    approved = {"status": KeyStatus.ACTIEF.value, "approved_at": now}
    await conn.execute(update(recipient_keys).where(*waits).values(approved))
    await announce(conn)
    return True


async def list_keys(conn: AsyncConnection) -> Sequence[RecipientKeyRow]:
    """Give the keys that count and those that wait, of everybody who is connected, by name."""
    standing = (KeyStatus.ACTIEF.value, KeyStatus.WACHT_OP_BEVESTIGING.value)
    since = func.coalesce(_KEYS.approved_at, _KEYS.registered_at)
    found = await conn.execute(
        select(_KEYS.oin, parties.c.name, _KEYS.kid, _KEYS.status, since)
        .join(parties, parties.c.oin == _KEYS.oin)
        .where(_KEYS.status.in_(standing), parties.c.revoked_at.is_(None))
        .order_by(parties.c.name, _KEYS.status)
    )
    return [RecipientKeyRow(*row[:3], KeyStatus(row[3]), row[4]) for row in found]


async def _replace(conn: AsyncConnection, oin: Oin, *standing: KeyStatus) -> None:
    await conn.execute(
        update(recipient_keys)
        .where(_KEYS.oin == oin, _KEYS.status.in_([status.value for status in standing]))
        .values(status=KeyStatus.VERVANGEN.value)
    )


async def _one_at_a_time(conn: AsyncConnection, oin: Oin) -> None:
    lock = func.pg_advisory_xact_lock(func.hashtext("recipient_keys"), func.hashtext(oin.reveal()))
    await conn.execute(select(lock))
