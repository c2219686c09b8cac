"""Registrations as rows: told apart by their own number, corrected, withdrawn, never doubled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Periode, Vestigingscode


@dataclass(frozen=True, slots=True)
class Rows:
    """Registrations column by column, each number once; ``contents`` digest what was sent.

    A withdrawn one leaves its number and no registration.
    """

    codes: list[str]
    digests: list[bytes] = field(repr=False)
    days: list[date]
    sealed: list[bytes] = field(repr=False)
    pupils: list[bytes] = field(repr=False)
    minutes: list[int]
    categories: list[str]
    contents: list[bytes] = field(repr=False)
    withdrawns: list[bool]


@dataclass(frozen=True, slots=True)
class Standing:
    """What was sent last under one number."""

    datum: date
    content: bytes = field(repr=False)


async def lock(conn: AsyncConnection, vestigingen: Iterable[Vestigingscode]) -> None:
    """Let deliveries about the same vestiging wait for each other until this transaction ends."""
    await conn.execute(_LOCK, {"codes": [code.reveal() for code in vestigingen]})


async def standing(
    conn: AsyncConnection, codes: Sequence[str], digests: Sequence[bytes]
) -> Mapping[bytes, Standing]:
    """Give what stands under these numbers already.

    A number is the keyed digest of a vestigingscode and a registratieId.
    """
    found = await conn.execute(_STANDING, {"codes": codes, "digests": digests})
    return {digest: Standing(datum, content) for digest, datum, content in found}


async def add(conn: AsyncConnection, rows: Rows, bericht_id: UUID) -> None:
    """Write registrations under numbers at which nothing stands."""
    await conn.execute(_ADD, _columns(rows, bericht_id))


async def replace(
    conn: AsyncConnection, rows: Rows, moved: Sequence[date], bericht_id: UUID
) -> None:
    """Put registrations in the place of those that stand under their numbers, on days ``moved``."""
    numbers = {"codes": rows.codes, "digests": rows.digests, "days": moved}
    await conn.execute(_DELETE, numbers)
    await conn.execute(_REPLACE, _columns(rows, bericht_id))


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


def _columns(rows: Rows, bericht_id: UUID) -> dict[str, object]:
    return {
        "codes": rows.codes,
        "digests": rows.digests,
        "days": rows.days,
        "sealed": rows.sealed,
        "pupils": rows.pupils,
        "minutes": rows.minutes,
        "categories": rows.categories,
        "contents": rows.contents,
        "withdrawns": rows.withdrawns,
        "bericht_id": bericht_id,
    }


# In the order of what is locked, and not of the codes: two codes may share a number.
_LOCK = text("""
    SELECT pg_advisory_xact_lock(hashtext('registrations'), number)
    FROM (SELECT DISTINCT hashtext(code) AS number FROM unnest(CAST(:codes AS text[])) AS code
          ORDER BY number) AS numbers
""")

# Plan: a nested loop from the keys over the primary key.
_STANDING = text("""
    SELECT r.id_digest, r.datum, r.content
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

_REMEMBER = """
    INSERT INTO registration_ids (vestigingscode, id_digest, datum, content, withdrawn)
    SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:digests AS bytea[]), CAST(:days AS date[]),
                         CAST(:contents AS bytea[]), CAST(:withdrawns AS boolean[]))
"""

_INSERT = """
    INSERT INTO registrations (vestigingscode, id_digest, datum, id_sealed, pupil, minuten,
                               categorie, bericht_id)
    SELECT code, digest, day, sealed, pupil, minuten, categorie, CAST(:bericht_id AS uuid)
    FROM unnest(CAST(:codes AS text[]), CAST(:digests AS bytea[]), CAST(:days AS date[]),
                CAST(:sealed AS bytea[]), CAST(:pupils AS bytea[]), CAST(:minutes AS smallint[]),
                CAST(:categories AS text[]), CAST(:withdrawns AS boolean[]))
         AS r(code, digest, day, sealed, pupil, minuten, categorie, withdrawn)
    WHERE NOT withdrawn
"""

# Two inserts in one round trip. The lock keeps everybody else from these numbers, so that there
# can be no conflict and none is looked for.
_ADD = text(f"WITH remembered AS ({_REMEMBER}) {_INSERT}")

_AGAIN = """
    ON CONFLICT (vestigingscode, id_digest) DO UPDATE
        SET datum = excluded.datum, content = excluded.content, withdrawn = excluded.withdrawn
"""

_REPLACE = text(f"WITH remembered AS ({_REMEMBER} {_AGAIN}) {_INSERT}")

_SCOPE = text("""
    INSERT INTO message_scope (bericht_id, vestigingscode, periode)
    SELECT CAST(:bericht_id AS uuid), s.*
    FROM unnest(CAST(:codes AS text[]), CAST(:perioden AS text[])) AS s
""")
