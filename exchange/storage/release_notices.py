"""Notices of releases on their way out: leased and recorded like those of messages (forwarding)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Oin
from exchange.storage.forwarding import (
    PushResult,
    Turn,
    given_up,
    result_columns,
    turn_columns,
)
from exchange.storage.rows import DuePush

# Plan: index scan of release_notices_to_push up to now (at most one for each recipient of a few
# releases), then row locks by primary key. The conditions stand twice because a lock that had to
# wait checks its row again.
_LEASE = text("""
    WITH due AS (
        SELECT nummer, recipient, push_due_at,
               row_number() OVER (PARTITION BY recipient ORDER BY push_due_at) AS turn
        FROM release_notices
        WHERE push_status = 'wachtend' AND push_due_at <= :now
          AND (push_lease_until IS NULL OR push_lease_until <= :now)
    ), taken AS (
        SELECT n.nummer, n.recipient
        FROM release_notices n JOIN due USING (nummer, recipient)
        LEFT JOIN unnest(CAST(:named AS text[]), CAST(:allowed AS integer[]))
             AS allowed(recipient, most) USING (recipient)
        WHERE n.push_due_at <= :now
          AND (n.push_lease_until IS NULL OR n.push_lease_until <= :now)
          AND due.turn <= coalesce(allowed.most, :each)
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


# Plan: a function scan, and one row by primary key for each. What has a time when it is due waits.
_RECORD = text("""
    UPDATE release_notices n
    SET push_status = r.status, push_attempt = r.attempt, push_lease_until = NULL,
        push_due_at = CASE WHEN r.status = 'wachtend' THEN coalesce(r.again, n.push_due_at) END
    FROM unnest(CAST(:subjects AS integer[]), CAST(:recipients AS text[]),
                CAST(:before AS smallint[]), CAST(:attempts AS smallint[]),
                CAST(:again AS timestamptz[]), CAST(:statuses AS text[]))
         AS r(nummer, recipient, before, attempt, again, status)
    WHERE n.nummer = r.nummer AND n.recipient = r.recipient
      AND n.push_due_at IS NOT NULL AND n.push_attempt = r.before
""")


async def lease_notices(
    conn: AsyncConnection, now: datetime, lease_seconds: int, turn: Turn
) -> Sequence[DuePush]:
    """Take notices of releases that are due and that nobody else holds; commit before sending.

    Whoever cannot be notified is given up here, as with notices of messages.
    """
    until = now + timedelta(seconds=lease_seconds)
    found = await conn.execute(_LEASE, {"now": now, "until": until, **turn_columns(turn)})
    leased = [
        DuePush(row.nummer, None, Oin(row.recipient), row.push_url or "", row.push_attempt)
        for row in found
    ]
    await record_notices(conn, [given_up(due) for due in leased if not due.url])
    return [due for due in leased if due.url]


async def record_notices(conn: AsyncConnection, results: Sequence[PushResult]) -> None:
    """Note what came of notices of releases.

    A result that comes late changes nothing: another worker took over, or the release was
    withdrawn.
    """
    if results:
        rows = sorted(results, key=lambda one: (str(one.due.subject), one.due.recipient.reveal()))
        recipients = [one.due.recipient.reveal() for one in rows]
        await conn.execute(_RECORD, {**result_columns(rows), "recipients": recipients})
