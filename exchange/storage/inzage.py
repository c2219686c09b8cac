"""Finds everything that is still linked to one pupil: three look-ups, each by its index."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Oin, Periode, Schooljaar, Vestigingscode
from exchange.storage.log_tables import subject_link
from exchange.storage.tables import parties

Place = tuple[Vestigingscode, Schooljaar]
"""Where a pupil is known by one blind index."""


@dataclass(frozen=True, slots=True)
class PupilName:
    """The name of the pupil at one place: it joins with no other place's."""

    place: Place
    blind_index: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A record, and the message it is about, in which the pupil of ``name`` occurs."""

    name: PupilName
    entry: UUID
    bericht_id: UUID | None
    periode: Periode | None


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A log record with its text read."""

    entry: UUID
    recorded_at: datetime
    activity: str
    actor: str | None
    recipient: Oin | None
    bericht_id: UUID | None
    action: str
    outcome: str
    document: Mapping[str, Any] = field(repr=False)


async def places_with_links(conn: AsyncConnection, places: Collection[Place]) -> list[Place]:
    """Give those of ``places`` where any pupil has a link: only there a key exists to look with."""
    found = await conn.execute(
        _PLACES,
        {
            "codes": [code.reveal() for code, _ in places],
            "years": [year.start for _, year in places],
        },
    )
    return [(Vestigingscode(row.code), Schooljaar(row.year)) for row in found]


async def links_of(conn: AsyncConnection, names: Sequence[PupilName]) -> list[FoundLink]:
    """Give every link under any of ``names``, in one look-up."""
    found = await conn.execute(
        _LINKS,
        {
            "codes": [name.place[0].reveal() for name in names],
            "years": [name.place[1].start for name in names],
            "indexes": [name.blind_index for name in names],
        },
    )
    return [
        FoundLink(
            names[row.number - 1],
            row.entry,
            row.bericht_id,
            Periode.parse(row.periode) if row.periode else None,
        )
        for row in found
    ]


async def records_of(
    conn: AsyncConnection, entries: Collection[UUID], berichten: Collection[UUID]
) -> list[FoundRecord]:
    """Give the records ``entries``, and all that name one of ``berichten``, oldest first.

    A record whose text was removed after its term is nobody's any more, and is left out.
    """
    found = await conn.execute(_RECORDS, {"entries": list(entries), "berichten": list(berichten)})
    return [
        FoundRecord(
            entry=row.entry,
            recorded_at=row.recorded_at,
            activity=row.activity,
            actor=row.actor,
            recipient=Oin(row.recipient) if row.recipient else None,
            bericht_id=row.bericht_id,
            action=row.action or "",
            outcome=row.outcome,
            document=json.loads(row.leaf),
        )
        for row in found
    ]


async def pupil_of(conn: AsyncConnection, bericht_id: UUID) -> PupilName | None:
    """Give the one pupil that a message is about; None for a delivery of registrations.

    All records of one message share the name, so the first of its links tells it.
    """
    found = await conn.execute(
        select(subject_link.c.vestigingscode, subject_link.c.schooljaar, subject_link.c.blind_index)
        .where(subject_link.c.bericht_id == bericht_id, subject_link.c.periode.is_(None))
        .order_by(subject_link.c.entry)
        .limit(1)
    )
    row = found.one_or_none()
    if row is None:
        return None
    return PupilName((row.vestigingscode, row.schooljaar), row.blind_index)


async def names_of(conn: AsyncConnection, oins: Collection[str]) -> dict[str, str]:
    """Give the names of parties by OIN, also of those that take part no longer."""
    wanted = parties.c.oin.in_([Oin(oin) for oin in sorted(oins)])
    found = await conn.execute(select(parties.c.oin, parties.c.name).where(wanted))
    return {str(row.oin): row.name for row in found}


# Plan of both: the arrays outside, for each element one descent of subject_link_by_pupil. LIMIT and
# OFFSET keep the planner from reading all links instead when there are many elements.
_PLACES = text("""
    SELECT place.code, place.year
    FROM unnest(CAST(:codes AS text[]), CAST(:years AS smallint[])) AS place (code, year),
         LATERAL (
             SELECT FROM subject_link s
             WHERE s.vestigingscode = place.code AND s.schooljaar = place.year LIMIT 1
         ) AS any_link
""")

_LINKS = text("""
    SELECT pupil.number, link.entry, link.bericht_id, link.periode
    FROM unnest(CAST(:codes AS text[]), CAST(:years AS smallint[]), CAST(:indexes AS bytea[]))
             WITH ORDINALITY AS pupil (code, year, blind_index, number),
         LATERAL (
             SELECT s.entry, s.bericht_id, s.periode FROM subject_link s
             WHERE s.vestigingscode = pupil.code AND s.schooljaar = pupil.year
               AND s.blind_index = pupil.blind_index
             OFFSET 0
         ) AS link
""")

# Plan: a bitmap of log_records_pkey and one of log_records_by_message, together.
_RECORDS = text("""
    SELECT entry, recorded_at, activity, actor, recipient, bericht_id, action, outcome, leaf
    FROM log_records
    WHERE (entry = ANY(CAST(:entries AS uuid[])) OR bericht_id = ANY(CAST(:berichten AS uuid[])))
      AND leaf IS NOT NULL
    ORDER BY recorded_at, entry
""")
