"""Registrations as rows: told apart by their own number, corrected, withdrawn, never doubled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Periode, Vestigingscode
from exchange.storage import tally

Key = tuple[Vestigingscode, bytes]
"""A vestiging and the keyed digest of a registratieId."""


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """One registration; ``content`` digests what was sent, so that a repeat is recognised."""

    vestigingscode: Vestigingscode
    datum: date
    id_digest: bytes = field(repr=False)
    id_sealed: bytes = field(repr=False)
    pupil: bytes = field(repr=False)
    minuten: int
    categorie: str
    content: bytes = field(repr=False)
    withdrawn: bool

    @property
    def key(self) -> Key:
        """What it is unique by."""
        return self.vestigingscode, self.id_digest


@dataclass(frozen=True, slots=True)
class Standing:
    """What was sent last under one number."""

    datum: date
    content: bytes = field(repr=False)


async def lock(conn: AsyncConnection, vestigingen: Iterable[Vestigingscode]) -> None:
    """Let deliveries about the same vestiging wait for each other until this transaction ends."""
    await conn.execute(_LOCK, {"codes": [code.reveal() for code in vestigingen]})


async def standing(conn: AsyncConnection, keys: Sequence[Key]) -> Mapping[Key, Standing]:
    """Give what stands under these numbers already."""
    found = await conn.execute(_STANDING, _keys(keys))
    return {
        (Vestigingscode(row.vestigingscode), row.id_digest): Standing(row.datum, row.content)
        for row in found
    }


async def replace(
    conn: AsyncConnection,
    rows: Sequence[RegistrationRow],
    before: Mapping[Key, Standing],
    bericht_id: UUID,
) -> None:
    """Put these registrations in the place of what stood under their numbers.

    ``rows`` has each number once. A withdrawn one leaves its number and no registration. The months
    that they come into and go from are marked for the tally.
    """
    moved = [(row.key, before[row.key].datum) for row in rows if row.key in before]
    if moved:
        days = [datum for _, datum in moved]
        await conn.execute(_DELETE, {**_keys([key for key, _ in moved]), "days": days})
    if rows:
        columns = {
            **_keys([row.key for row in rows]),
            "days": [row.datum for row in rows],
            "contents": [row.content for row in rows],
            "withdrawns": [row.withdrawn for row in rows],
        }
        await conn.execute(_REMEMBER, columns)
    counted = [row for row in rows if not row.withdrawn]
    if counted:
        columns = {
            **_keys([row.key for row in counted]),
            "days": [row.datum for row in counted],
            "sealed": [row.id_sealed for row in counted],
            "pupils": [row.pupil for row in counted],
            "minutes": [row.minuten for row in counted],
            "categories": [row.categorie for row in counted],
            "bericht_id": bericht_id,
        }
        await conn.execute(_INSERT, columns)
    come = {(row.vestigingscode, Periode.of(row.datum)) for row in rows}
    await tally.mark(conn, come | {(code, Periode.of(datum)) for (code, _), datum in moved})


async def write_scope(
    conn: AsyncConnection, bericht_id: UUID, scope: Iterable[tuple[Vestigingscode, Periode]]
) -> None:
    """Write which vestigingen and months a delivery is about: by these it is found again."""
    named = sorted((code.reveal(), str(periode)) for code, periode in scope)
    await conn.execute(
        _SCOPE,
        {
            "bericht_id": bericht_id,
            "codes": [code for code, _ in named],
            "perioden": [periode for _, periode in named],
        },
    )


def _keys(keys: Sequence[Key]) -> dict[str, object]:
    return {"codes": [c.reveal() for c, _ in keys], "digests": [d for _, d in keys]}


# In the order of what is locked, and not of the codes: two codes may share a number.
_LOCK = text("""
    SELECT pg_advisory_xact_lock(hashtext('registrations'), number)
    FROM (SELECT DISTINCT hashtext(code) AS number FROM unnest(CAST(:codes AS text[])) AS code
          ORDER BY number) AS numbers
""")

# Plan: a nested loop from the keys over the primary key.
_STANDING = text("""
    SELECT r.vestigingscode, r.id_digest, r.datum, r.content
    FROM unnest(CAST(:codes AS text[]), CAST(:digests AS bytea[])) AS k(code, digest)
    JOIN registration_ids r ON r.vestigingscode = k.code AND r.id_digest = k.digest
""")

# The day is in the condition: it names the month's partition, and with it the row.
_DELETE = text("""
    DELETE FROM registrations r
    USING unnest(CAST(:codes AS text[]), CAST(:digests AS bytea[]), CAST(:days AS date[]))
          AS k(code, digest, day)
    WHERE r.vestigingscode = k.code AND r.datum = k.day AND r.id_digest = k.digest
""")

_REMEMBER = text("""
    INSERT INTO registration_ids (vestigingscode, id_digest, datum, content, withdrawn)
    SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:digests AS bytea[]), CAST(:days AS date[]),
                         CAST(:contents AS bytea[]), CAST(:withdrawns AS boolean[]))
    ON CONFLICT (vestigingscode, id_digest) DO UPDATE
        SET datum = excluded.datum, content = excluded.content, withdrawn = excluded.withdrawn
""")

_INSERT = text("""
    INSERT INTO registrations (vestigingscode, id_digest, datum, id_sealed, pupil, minuten,
                               categorie, bericht_id)
    SELECT r.*, CAST(:bericht_id AS uuid)
    FROM unnest(CAST(:codes AS text[]), CAST(:digests AS bytea[]), CAST(:days AS date[]),
                CAST(:sealed AS bytea[]), CAST(:pupils AS bytea[]), CAST(:minutes AS smallint[]),
                CAST(:categories AS text[])) AS r
""")

_SCOPE = text("""
    INSERT INTO message_scope (bericht_id, vestigingscode, periode)
    SELECT CAST(:bericht_id AS uuid), s.*
    FROM unnest(CAST(:codes AS text[]), CAST(:perioden AS text[])) AS s
""")
