"""Notices on their way out: leased by one worker at a time, sent with no transaction open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Oin
from exchange.storage.rows import DuePush
from exchange.storage.tables import outbox

# Round robin over recipients: whoever has a thousand notices due waits as long as whoever has one.
# Plan: index scan of outbox_to_push up to now, a window over what is due, then row locks by primary
# key. The conditions stand twice because a lock that had to wait checks its row again.
_LEASE = text("""
    WITH due AS (
        SELECT bericht_id, rol, push_due_at,
               row_number() OVER (PARTITION BY recipient ORDER BY push_due_at) AS turn
        FROM outbox
        WHERE push_status = 'wachtend' AND push_due_at <= :now
          AND (push_lease_until IS NULL OR push_lease_until <= :now)
          AND recipient <> ALL (CAST(:busy AS text[]))
    ), taken AS (
        SELECT o.bericht_id, o.rol
        FROM outbox o JOIN due USING (bericht_id, rol)
        WHERE o.push_status = 'wachtend' AND o.push_due_at <= :now
          AND (o.push_lease_until IS NULL OR o.push_lease_until <= :now)
          AND due.turn <= CASE WHEN o.recipient <> ALL (CAST(:proven AS text[]))
                               THEN 1 ELSE :each END
        ORDER BY due.turn, due.push_due_at
        LIMIT :limit
        FOR UPDATE OF o SKIP LOCKED
    ), leased AS (
        UPDATE outbox o SET push_lease_until = :until
        FROM taken WHERE o.bericht_id = taken.bericht_id AND o.rol = taken.rol
        RETURNING o.bericht_id, o.rol, o.recipient, o.push_attempt
    )
    SELECT leased.*, p.push_url
    FROM leased LEFT JOIN parties p ON p.oin = leased.recipient AND p.revoked_at IS NULL
""")


async def lease_pushes(
    conn: AsyncConnection,
    now: datetime,
    lease_seconds: int,
    limit: int,
    *,
    each: int | None = None,
    proven: Sequence[Oin] | None = None,
    busy: Sequence[Oin] = (),
) -> Sequence[DuePush]:
    """Take notices that are due and that nobody else holds; commit before sending them.

    At most ``each`` for one recipient, or one when ``proven`` is given and it is not among them,
    and none for a recipient that is ``busy``. A worker that dies loses its lease and nothing else.
    A recipient without an address, or no longer connected, cannot be notified: its notices are
    given up here.
    """
    until = now + timedelta(seconds=lease_seconds)
    terms = {
        "limit": limit,
        "each": each or limit,
        "proven": None if proven is None else [oin.reveal() for oin in proven],
        "busy": [oin.reveal() for oin in busy],
    }
    found = await conn.execute(_LEASE, {"now": now, "until": until, **terms})
    leased = [_due(row) for row in found]
    for due in leased:
        if not due.url:
            await record_push(conn, due, delivered=False, next_due_at=None, attempt=due.attempt)
    return [due for due in leased if due.url]


async def record_push(
    conn: AsyncConnection,
    due: DuePush,
    *,
    delivered: bool,
    next_due_at: datetime | None,
    attempt: int,
) -> None:
    """Note what came of a notice: delivered, due again, or (without a next time) given up.

    An outcome that comes late changes nothing: another worker took over, or the parcel was fetched.
    """
    ended = "bezorgd" if delivered else "opgegeven"
    again = not delivered and next_due_at is not None
    await conn.execute(
        update(outbox)
        .where(
            outbox.c.bericht_id == due.subject,
            outbox.c.rol == due.rol,
            outbox.c.push_status == "wachtend",
            outbox.c.push_attempt == due.attempt,
        )
        .values(
            push_status="wachtend" if again else ended,
            push_attempt=attempt,
            push_due_at=next_due_at if again else None,
            push_lease_until=None,
        )
    )


def _due(row: Row[*tuple[Any, ...]]) -> DuePush:
    return DuePush(
        row.bericht_id, row.rol, Oin(row.recipient), row.push_url or "", row.push_attempt
    )
