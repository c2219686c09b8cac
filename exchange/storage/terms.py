"""Which rows are past their term, store by store: the conditions by which they go (promise P9).

By one and the same condition rows are deleted here and in ``purging``, and the watch finds what
should have gone. Nothing here reads history: ``by_index`` sees to that.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Schooljaar
from exchange.policy.retention import Cutoffs

_PAST = {
    "messages": "schooljaar < :schooljaar",
    "outbox": """
        erased_at IS NULL AND status = 'bevestigd' AND acknowledged_at < :acknowledged
        OR erased_at IS NULL AND schooljaar < :schooljaar
    """,
    "idempotency": "created_at < :idempotency",
    "registrations": "datum < :registrations",
    "registration_ids": "datum < :registrations",
    "telstand": "schooljaar < :telstand",
    "leerlingaantallen": "periode < :figures",
    "schoolcijfers": "periode < :figures",
    "month_sources": "periode < :figures",
    "tally": "periode < :figures",
    "tally_due": "periode < :figures",
    "release_certificates": """
        nummer IN (SELECT nummer FROM releases WHERE periode < :figures)
    """,
    "releases": "released_at < :releases",
    "finding_reviews": "reviewed_at < :log_text",
    "console_accounts": "revoked_at < :log_text",
    "console_links": "expires_at < :now",
    "console_logins": "expires_at < :now",
    "console_sessions": "expires_at < :now",
    "verzuimbeleid": """
        versie < (SELECT max(l.versie) FROM verzuimbeleid l
                  WHERE l.vestigingscode = r.vestigingscode)
        AND EXISTS (SELECT FROM verzuimbeleid n
                    WHERE n.vestigingscode = r.vestigingscode AND n.geldig_vanaf <= :first_day
                      AND (n.geldig_vanaf, n.versie) > (r.geldig_vanaf, r.versie))
    """,
    "schoolkalenders": "schooljaar < :schooljaar",
    "key_destructions": "destroyed_at IS NULL AND schooljaar < :schooljaar",
}
"""Of a row named ``r``. A policy is kept while it holds on a day of a schooljaar that is kept."""

_KEYS = {
    "idempotency": "key_digest",
    "finding_reviews": "review",
    "console_links": "digest",
    "console_logins": "digest",
    "console_sessions": "digest",
    "console_accounts": "account",
    "verzuimbeleid": "vestigingscode, versie",
    "schoolkalenders": "vestigingscode, schooljaar",
}
"""The stores that ``forget`` empties (what others refer to last), and what tells rows apart."""

FORGOTTEN = tuple(_KEYS)

# Links lie by vestiging and schooljaar: the recursion steps from one such pair to the next, and
# never reads what lies between.
PAST_PAIRS = """
    WITH RECURSIVE pairs AS (
        (SELECT vestigingscode, schooljaar FROM subject_link ORDER BY 1, 2 LIMIT 1)
        UNION ALL
        SELECT step.* FROM pairs p CROSS JOIN LATERAL (
            SELECT l.vestigingscode, l.schooljaar FROM subject_link l
            WHERE (l.vestigingscode, l.schooljaar) > (p.vestigingscode, p.schooljaar)
            ORDER BY 1, 2 LIMIT 1
        ) AS step
    ), past AS (SELECT * FROM pairs WHERE schooljaar < :schooljaar)
"""

# A record without its text has no activity either, so this index holds only what has text; the
# recursion steps from one activity to the next and takes the oldest of each. A range, in its
# own order, is read from that index alone; of an equality only the order of entries is left to the
# planner, and it would look for a rare activity through the whole log.
OLDEST_TEXT = """
    WITH RECURSIVE activities AS (
        (SELECT activity FROM log_records WHERE activity IS NOT NULL ORDER BY activity LIMIT 1)
        UNION ALL
        SELECT (SELECT activity FROM log_records r WHERE r.activity > a.activity
                ORDER BY activity LIMIT 1)
        FROM activities a WHERE a.activity IS NOT NULL
    ), oldest AS (
        SELECT head.* FROM activities a CROSS JOIN LATERAL (
            SELECT entry, recorded_at FROM log_records r
            WHERE r.activity BETWEEN a.activity AND a.activity
            ORDER BY r.activity, r.entry LIMIT :limit
        ) AS head
        WHERE a.activity IS NOT NULL
    )
"""


async def by_index(conn: AsyncConnection) -> None:
    """Read no whole table in this transaction that has an index for the question.

    The planner takes a third of every table for past its term, and would begin at its start.
    """
    await conn.execute(_BY_INDEX)


async def forget(conn: AsyncConnection, store: str, cut: Cutoffs, limit: int) -> int:
    """Delete at most ``limit`` rows of one of ``FORGOTTEN`` that are past their term."""
    return (await conn.execute(_FORGET[store], {**moments(cut), "limit": limit})).rowcount


async def is_late(conn: AsyncConnection, store: str, cut: Cutoffs) -> bool:
    """Say whether a store still holds something from before ``cut``."""
    return bool(await conn.scalar(_PAST_ANY[store], moments(cut)))


def moments(cut: Cutoffs) -> dict[str, Any]:
    """Give every moment as the conditions name it; a statement takes those that it uses."""
    return {
        "now": cut.now,
        "acknowledged": cut.acknowledged,
        "idempotency": cut.idempotency,
        "registrations": cut.registrations,
        "log_text": cut.log_text,
        "releases": cut.releases,
        "schooljaar": cut.schooljaar.start,
        "first_day": cut.schooljaar.first_day,
        "telstand": Schooljaar.of(cut.registrations).start,
        "figures": str(cut.figures),
        "month": str(cut.registrations)[:7],
    }


_BY_INDEX = text("SET LOCAL enable_seqscan = off")


def _any(store: str) -> TextClause:
    return text(f"SELECT EXISTS (SELECT FROM {store} AS r WHERE {_PAST[store]})")  # noqa: S608  ours


def _forget(store: str) -> TextClause:
    chosen = f"SELECT {_KEYS[store]} FROM {store} AS r WHERE {_PAST[store]} LIMIT :limit"  # noqa: S608  ours
    return text(f"DELETE FROM {store} WHERE ({_KEYS[store]}) IN ({chosen})")  # noqa: S608  ours


_FORGET = {store: _forget(store) for store in FORGOTTEN}

_PAST_ANY = {
    **{store: _any(store) for store in _PAST},
    "subject_link": text(f"""
        {PAST_PAIRS}
        SELECT EXISTS (SELECT FROM past)
            OR EXISTS (SELECT FROM subject_link WHERE periode < :month)
    """),  # noqa: S608  ours
    "log_records": text(f"""
        {OLDEST_TEXT.replace(":limit", "1")}
        SELECT EXISTS (SELECT FROM oldest WHERE recorded_at < :log_text)
    """),  # noqa: S608  ours
}

WATCHED = frozenset(_PAST_ANY)
"""The stores of which can be said whether they are late."""
