"""Notices on their way out: leased by one worker at a time, sent with no transaction open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Oin
from exchange.storage.rows import DuePush


@dataclass(frozen=True, slots=True)
class Turn:
    """How many notices one look takes: ``most`` in all, ``each`` per recipient.

    ``allowed`` says otherwise of some recipients; who is busy or rests is allowed none.
    """

    most: int
    each: int
    allowed: Mapping[Oin, int]


@dataclass(frozen=True, slots=True)
class PushResult:
    """What a leased notice becomes: ``bezorgd``, ``wachtend`` or ``opgegeven``.

    One that waits is due again at ``next_due_at``, or when it was due already (given back).
    """

    due: DuePush
    status: str
    attempt: int
    next_due_at: datetime | None = None


async def lease_pushes(
    conn: AsyncConnection, now: datetime, lease_seconds: int, turn: Turn
) -> Sequence[DuePush]:
    """Take notices that are due and that nobody else holds; commit before sending them.

    A worker that dies loses its lease and nothing else. A recipient without an address, or no
    longer connected, cannot be notified: its notices are given up here.
    """
    until = now + timedelta(seconds=lease_seconds)
    found = await conn.execute(_LEASE, {"now": now, "until": until, **turn_columns(turn)})
    leased = [
        DuePush(row.bericht_id, row.rol, Oin(row.recipient), row.push_url or "", row.push_attempt)
        for row in found
    ]
    await record_pushes(conn, [given_up(due) for due in leased if not due.url])
    return [due for due in leased if due.url]


async def record_pushes(conn: AsyncConnection, results: Sequence[PushResult]) -> None:
    """Note what came of notices.

    A result that comes late changes nothing: another worker took over, or the parcel was fetched.
    """
    if results:
        rows = sorted(results, key=lambda one: (str(one.due.subject), str(one.due.rol)))
        rollen = [one.due.rol for one in rows]
        await conn.execute(_RECORD, {**result_columns(rows), "rollen": rollen})


def given_up(due: DuePush) -> PushResult:
    """Give the result for a notice that can be sent to nobody: that counts as no attempt."""
    return PushResult(due, "opgegeven", due.attempt)


def turn_columns(turn: Turn) -> dict[str, Any]:
    """Give the parameters of a lease."""
    return {
        "limit": turn.most,
        "each": turn.each,
        "named": [oin.reveal() for oin in turn.allowed],
        "allowed": list(turn.allowed.values()),
    }


def result_columns(rows: Sequence[PushResult]) -> dict[str, Any]:
    """Give the parameters with which results are noted."""
    return {
        "subjects": [row.due.subject for row in rows],
        "before": [row.due.attempt for row in rows],
        "attempts": [row.attempt for row in rows],
        "again": [row.next_due_at for row in rows],
        "statuses": [row.status for row in rows],
    }


# Round robin over recipients: whoever has a thousand notices due waits as long as whoever has one.
# Plan: outbox_to_push, one probe for each recipient with notices and then the first few of its own,
# so that neither history nor a backlog is read; then row locks by primary key, one by one (a
# subquery that locks is never turned into a join). The conditions stand twice because a lock that
# had to wait checks its row again; the second time without the status, which a time that it is due
# implies: with it the planner takes outbox_to_push, nearly empty when it last counted, for a way to
# single rows.
_LEASE = text("""
    WITH RECURSIVE recipients AS (
        (SELECT recipient FROM outbox WHERE push_status = 'wachtend' ORDER BY recipient LIMIT 1)
        UNION ALL
        SELECT (SELECT o.recipient FROM outbox o
                WHERE o.push_status = 'wachtend' AND o.recipient > r.recipient
                ORDER BY o.recipient LIMIT 1)
        FROM recipients r WHERE r.recipient IS NOT NULL
    ), due AS (
        SELECT theirs.*
        FROM recipients r
        LEFT JOIN unnest(CAST(:named AS text[]), CAST(:allowed AS integer[]))
             AS allowed(recipient, most) ON allowed.recipient = r.recipient
        CROSS JOIN LATERAL (
            SELECT first.*, row_number() OVER (ORDER BY push_due_at) AS turn
            FROM (
                SELECT bericht_id, rol, push_due_at FROM outbox o
                WHERE o.push_status = 'wachtend' AND o.recipient = r.recipient
                  AND o.push_due_at <= :now
                  AND (o.push_lease_until IS NULL OR o.push_lease_until <= :now)
                ORDER BY o.push_due_at LIMIT coalesce(allowed.most, :each)
            ) AS first
        ) AS theirs
        WHERE r.recipient IS NOT NULL
    ), chosen AS (
        SELECT bericht_id, rol FROM due ORDER BY turn, push_due_at LIMIT :limit
    ), taken AS (
        SELECT held.* FROM chosen c CROSS JOIN LATERAL (
            SELECT o.bericht_id, o.rol FROM outbox o
            WHERE o.bericht_id = c.bericht_id AND o.rol = c.rol AND o.push_due_at <= :now
              AND (o.push_lease_until IS NULL OR o.push_lease_until <= :now)
            FOR UPDATE SKIP LOCKED
        ) AS held
    ), leased AS (
        UPDATE outbox o SET push_lease_until = :until
        FROM taken WHERE o.bericht_id = taken.bericht_id AND o.rol = taken.rol
        RETURNING o.bericht_id, o.rol, o.recipient, o.push_attempt
    )
    SELECT leased.*, p.push_url
    FROM leased LEFT JOIN parties p ON p.oin = leased.recipient AND p.revoked_at IS NULL
""")

# Plan: a function scan, and one row by primary key for each. What has a time when it is due waits.
_RECORD = text("""
    UPDATE outbox o
    SET push_status = r.status, push_attempt = r.attempt, push_lease_until = NULL,
        push_due_at = CASE WHEN r.status = 'wachtend' THEN coalesce(r.again, o.push_due_at) END
    FROM unnest(CAST(:subjects AS uuid[]), CAST(:rollen AS text[]), CAST(:before AS smallint[]),
                CAST(:attempts AS smallint[]), CAST(:again AS timestamptz[]),
                CAST(:statuses AS text[]))
         AS r(bericht_id, rol, before, attempt, again, status)
    WHERE o.bericht_id = r.bericht_id AND o.rol = r.rol
      AND o.push_due_at IS NOT NULL AND o.push_attempt = r.before
""")
