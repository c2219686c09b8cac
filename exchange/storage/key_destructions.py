"""Which keys of a vestiging and schooljaar must go, and which went: a note that survives a crash.

A pair is noted in the commit that deletes what its key sealed, and struck in the commit of the log
record about its destruction; destroying happens in between, and is safe to repeat.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.storage.terms import PAST_PAIRS


async def note(conn: AsyncConnection, pairs: Iterable[tuple[str, int]]) -> None:
    """Note pairs of vestigingscode and first year; one that is noted already stays as it is."""
    codes, jaren = zip(*sorted(set(pairs)), strict=True)
    await conn.execute(_NOTE, {"codes": codes, "jaren": jaren})


async def note_messages(conn: AsyncConnection, messages: Sequence[UUID]) -> None:
    """Note the keys of messages, and of every vestiging and month that a delivery was about."""
    await conn.execute(_NOTE_MESSAGES, {"messages": messages})


async def due(
    conn: AsyncConnection, oldest: Schooljaar, limit: int
) -> Sequence[tuple[Vestigingscode, Schooljaar]]:
    """Give noted pairs of older schooljaren under whose key nothing lies any more."""
    found = await conn.execute(_DUE, {"schooljaar": oldest.start, "limit": limit})
    return [(Vestigingscode(row.vestigingscode), Schooljaar(row.schooljaar)) for row in found]


async def over(conn: AsyncConnection, oldest: Schooljaar) -> Sequence[Schooljaar]:
    """Give older schooljaren of which every noted key went and nothing lies any more."""
    found = await conn.execute(_OVER, {"schooljaar": oldest.start})
    return [Schooljaar(row.schooljaar) for row in found]


async def strike(
    conn: AsyncConnection,
    vestiging: Vestigingscode,
    schooljaar: Schooljaar,
    at: datetime,
    entry: UUID,
) -> bool:
    """Say that a key is destroyed, by log record ``entry``; False when that was said before."""
    named = {"code": vestiging.reveal(), "jaar": schooljaar.start}
    return (await conn.execute(_STRIKE, {**named, "at": at, "entry": entry})).rowcount == 1


_NOTE = text("""
    INSERT INTO key_destructions (vestigingscode, schooljaar)
    SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:jaren AS smallint[]))
    ON CONFLICT DO NOTHING
""")

_NOTE_MESSAGES = text("""
    INSERT INTO key_destructions (vestigingscode, schooljaar)
    SELECT vestigingscode, schooljaar FROM messages
    WHERE bericht_id = ANY(CAST(:messages AS uuid[]))
    UNION
    SELECT vestigingscode, (left(periode, 4)::int - (right(periode, 2)::int < 8)::int)::smallint
    FROM message_scope WHERE bericht_id = ANY(CAST(:messages AS uuid[]))
    ON CONFLICT DO NOTHING
""")

_DUE = text("""
    SELECT vestigingscode, schooljaar FROM key_destructions k
    WHERE destroyed_at IS NULL AND schooljaar < :schooljaar
      AND NOT EXISTS (
          SELECT FROM messages m
          WHERE (m.vestigingscode, m.schooljaar) = (k.vestigingscode, k.schooljaar)
      )
      AND NOT EXISTS (
          SELECT FROM subject_link l
          WHERE (l.vestigingscode, l.schooljaar) = (k.vestigingscode, k.schooljaar)
      )
      AND NOT EXISTS (
          SELECT FROM registrations r
          WHERE r.vestigingscode = k.vestigingscode
            AND r.datum BETWEEN make_date(k.schooljaar, 8, 1) AND make_date(k.schooljaar + 1, 7, 31)
      )
    ORDER BY schooljaar, vestigingscode LIMIT :limit
""")

_OVER = text(f"""
    {PAST_PAIRS}
    SELECT schooljaar FROM key_destructions k
    WHERE schooljaar < :schooljaar
    GROUP BY schooljaar HAVING bool_and(destroyed_at IS NOT NULL)
      AND NOT EXISTS (SELECT FROM messages m WHERE m.schooljaar = k.schooljaar)
      AND NOT EXISTS (SELECT FROM past p WHERE p.schooljaar = k.schooljaar)
      AND NOT EXISTS (
          SELECT FROM registrations r
          WHERE r.datum BETWEEN make_date(k.schooljaar, 8, 1) AND make_date(k.schooljaar + 1, 7, 31)
      )
    ORDER BY schooljaar
""")  # noqa: S608  a constant of ours

_STRIKE = text("""
    UPDATE key_destructions SET destroyed_at = :at, entry = CAST(:entry AS uuid)
    WHERE vestigingscode = :code AND schooljaar = CAST(:jaar AS smallint) AND destroyed_at IS NULL
""")
