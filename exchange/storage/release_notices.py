"""Notices of releases on their way out: leased and recorded like those of messages (forwarding)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Oin
from exchange.storage.figure_tables import release_notices
from exchange.storage.rows import DuePush

# Plan: index scan of release_notices_to_push up to now, then row locks by primary key. The
# conditions stand twice because a lock that had to wait checks its row again.
_LEASE = text("""
    WITH due AS (
        SELECT nummer, recipient, push_due_at,
               row_number() OVER (PARTITION BY recipient ORDER BY push_due_at) AS turn
        FROM release_notices
        WHERE push_status = 'wachtend' AND push_due_at <= :now
          AND (push_lease_until IS NULL OR push_lease_until <= :now)
          AND recipient <> ALL (CAST(:busy AS text[]))
    ), taken AS (
        SELECT n.nummer, n.recipient
        FROM release_notices n JOIN due USING (nummer, recipient)
        WHERE n.push_status = 'wachtend' AND n.push_due_at <= :now
          AND (n.push_lease_until IS NULL OR n.push_lease_until <= :now)
          AND due.turn <= CASE WHEN n.recipient <> ALL (CAST(:proven AS text[]))
                               THEN 1 ELSE :each END
        ORDER BY due.turn, due.push_due_at
        LIMIT :limit
        FOR UPDATE OF n SKIP LOCKED
    ), leased AS (
        UPDATE release_notices n SET push_lease_until = :until
        FROM taken WHERE n.nummer = taken.nummer AND n.recipient = taken.recipient
        RETURNING n.nummer, n.recipient, n.push_attempt
    )
    SELECT leased.*, p.push_url
    FROM leased LEFT JOIN parties p ON p.oin = leased.recipient AND p.revoked_at IS NULL
""")


async def lease_notices(
    conn: AsyncConnection,
    now: datetime,
    lease_seconds: int,
    limit: int,
    *,
    each: int | None = None,
    proven: Sequence[Oin] | None = None,
    busy: Sequence[Oin] = (),
) -> Sequence[DuePush]:
    """Take notices of releases that are due and that nobody else holds; commit before sending.

    Whoever cannot be notified is given up here, as with notices of messages.
    """
    until = now + timedelta(seconds=lease_seconds)
    terms = {
        "limit": limit,
        "each": each or limit,
        "proven": None if proven is None else [oin.reveal() for oin in proven],
        "busy": [oin.reveal() for oin in busy],
    }
    found = await conn.execute(_LEASE, {"now": now, "until": until, **terms})
    leased = [
        DuePush(row.nummer, None, Oin(row.recipient), row.push_url or "", row.push_attempt)
        for row in found
    ]
    for due in leased:
        if not due.url:
            await record_notice(conn, due, delivered=False, next_due_at=None, attempt=due.attempt)
    return [due for due in leased if due.url]


async def record_notice(
    conn: AsyncConnection,
    due: DuePush,
    *,
    delivered: bool,
    next_due_at: datetime | None,
    attempt: int,
) -> None:
    """Note what came of a notice: delivered, due again, or (without a next time) given up.

    An outcome that comes late changes nothing: another worker took over, or the release was
    withdrawn.
    """
    ended = "bezorgd" if delivered else "opgegeven"
    again = not delivered and next_due_at is not None
    await conn.execute(
        update(release_notices)
        .where(
            release_notices.c.nummer == due.subject,
            release_notices.c.recipient == due.recipient,
            release_notices.c.push_status == "wachtend",
            release_notices.c.push_attempt == due.attempt,
        )
        .values(
            push_status="wachtend" if again else ended,
            push_attempt=attempt,
            push_due_at=next_due_at if again else None,
            push_lease_until=None,
        )
    )
