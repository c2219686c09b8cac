"""Messages, links to pupils and the log's text go when their term is over, in bounded batches (P9).

What simply goes by a moment of its own is in ``terms``. Callers hold ``alone``, count what is
returned, and call again until nothing is left: a kill between two batches leaves a state that the
next run goes on from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Schooljaar
from exchange.policy.retention import Cutoffs
from exchange.storage import key_destructions
from exchange.storage.terms import OLDEST_TEXT, PAST_PAIRS, by_index, moments

_SCOPE_AT_ONCE = 20_000


async def alone(conn: AsyncConnection) -> bool:
    """Say whether nobody else purges until the end of this transaction."""
    await by_index(conn)
    return bool(await conn.scalar(_ALONE))


async def forget_messages(conn: AsyncConnection, cut: Cutoffs, limit: int) -> Mapping[str, int]:
    """Delete messages of older schooljaren with all that belongs to them, and their links.

    One that still has a payload waits: the sweep lets it lapse first, which is a record of its
    own. That their keys must go is noted in the same commit.
    """
    size = {"limit": limit, "most_scope": _SCOPE_AT_ONCE}
    found = await conn.execute(_PAST_MESSAGES, {**moments(cut), **size})
    messages: Sequence[UUID] = [row.bericht_id for row in found]
    if not messages:
        return {}
    await key_destructions.note_messages(conn, messages)
    links = await conn.execute(_LINKS_OF_MESSAGES, {"messages": messages})
    gone = await conn.execute(_MESSAGES, {"messages": messages})
    return {"messages": gone.rowcount, "subject_link": links.rowcount}


async def forget_links(conn: AsyncConnection, oldest: Schooljaar, limit: int) -> int:
    """Delete links of older schooljaren that belong to no message that is still there."""
    values = {"schooljaar": oldest.start}
    pairs = [(p.vestigingscode, p.schooljaar) for p in await conn.execute(_PAST_PAIRS, values)]
    if not pairs:
        return 0
    await key_destructions.note(conn, pairs)
    named = {"codes": [code for code, _ in pairs], "jaren": [jaar for _, jaar in pairs]}
    return (await conn.execute(_LINKS, {**named, "limit": limit})).rowcount


@dataclass(frozen=True, slots=True)
class OldText:
    """A log record that, by the moment beside its text, is past its term."""

    entry: UUID
    recorded_at: datetime
    leaf: bytes = field(repr=False)
    leaf_hash: bytes


async def old_texts(conn: AsyncConnection, before: datetime, limit: int) -> list[OldText]:
    """Give log records of before ``before`` that still have text: the oldest of each activity."""
    found = await conn.execute(_OLD_TEXTS, {"before": before, "limit": limit})
    return [OldText(*row) for row in found]


async def blank_log_text(conn: AsyncConnection, proofs: Mapping[UUID, bytes]) -> int:
    """Put a proof of erasure in the place of each text; entry, time and leaf hash stay.

    Row security lets nobody do this to a record of the last five years.
    """
    given = {"entries": list(proofs), "proofs": list(proofs.values())}
    return (await conn.execute(_BLANK, given)).rowcount


_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext('bewaartermijnen'))")


# Chosen first, by messages_by_term alone, and looked at then: so no batch reads what is kept. A
# delivery takes a row for each of its vestigingen and months along, so few large ones go at a time.
_PAST_MESSAGES = text("""
    WITH past AS MATERIALIZED (
        SELECT bericht_id FROM messages WHERE schooljaar < :schooljaar LIMIT :limit
    ), ended AS (
        SELECT bericht_id, (
            SELECT count(*) FROM message_scope s WHERE s.bericht_id = p.bericht_id
        ) AS scope
        FROM past p WHERE NOT EXISTS (
            SELECT FROM outbox o WHERE o.bericht_id = p.bericht_id AND o.erased_at IS NULL
        )
    ), stacked AS (
        SELECT bericht_id, scope, sum(scope) OVER (ORDER BY bericht_id) AS all_scope FROM ended
    )
    SELECT bericht_id FROM stacked WHERE all_scope - scope < :most_scope
""")

_LINKS_OF_MESSAGES = text(
    "DELETE FROM subject_link WHERE bericht_id = ANY(CAST(:messages AS uuid[]))"
)

_MESSAGES = text("DELETE FROM messages WHERE bericht_id = ANY(CAST(:messages AS uuid[]))")

_PAST_PAIRS = text(f"{PAST_PAIRS} SELECT vestigingscode, schooljaar FROM past")  # noqa: S608  ours

_LINKS = text("""
    DELETE FROM subject_link WHERE (entry, blind_index) IN (
        SELECT l.entry, l.blind_index
        FROM unnest(CAST(:codes AS text[]), CAST(:jaren AS smallint[])) AS past(code, jaar)
        JOIN subject_link l ON (l.vestigingscode, l.schooljaar) = (past.code, past.jaar)
        WHERE NOT EXISTS (SELECT FROM messages m WHERE m.bericht_id = l.bericht_id)
        LIMIT :limit
    )
""")

_TEXT = ("activity", "actor", "recipient", "bericht_id", "action", "outcome", "leaf")

_OLD_TEXTS = text(f"""
    {OLDEST_TEXT}, past AS (
        SELECT entry FROM oldest WHERE recorded_at < :before LIMIT :limit
    )
    SELECT entry, recorded_at, leaf, leaf_hash FROM past JOIN log_records USING (entry)
""")  # noqa: S608  ours

_BLANK = text(f"""
    UPDATE log_records SET {", ".join(f"{name} = NULL" for name in _TEXT)}, erasure = given.proof
    FROM unnest(CAST(:entries AS uuid[]), CAST(:proofs AS bytea[])) AS given(entry, proof)
    WHERE log_records.entry = given.entry AND log_records.leaf IS NOT NULL
""")  # noqa: S608  ours
