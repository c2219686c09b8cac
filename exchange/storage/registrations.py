"""Registrations as rows: told apart by their own number, corrected, withdrawn, never doubled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from struct import pack
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Periode, Vestigingscode
from exchange.storage.pool import line_of


@dataclass(frozen=True, slots=True)
class Rows:
    """Registrations column by column, each number once; ``contents`` digest what was sent.

    What many rows share is said once: ``kinds`` tells of each row, counting from 1, which of the
    ``codes``, ``days``, ``categories`` and ``withdrawns`` are its own. A withdrawn one leaves its
    number and no registration.
    """

    digests: list[bytes] = field(repr=False)
    sealed: list[bytes] = field(repr=False)
    pupils: list[bytes] = field(repr=False)
    minutes: list[int]
    contents: list[bytes] = field(repr=False)
    kinds: list[int]
    codes: list[str]
    days: list[date]
    categories: list[str]
    withdrawns: list[bool]


@dataclass(frozen=True, slots=True)
class Standing:
    """What was sent last under one number."""

    datum: date
    content: bytes = field(repr=False)


async def lock(conn: AsyncConnection, vestigingen: Iterable[Vestigingscode]) -> None:
    """Let deliveries about the same vestiging wait for each other until this transaction ends."""
    await conn.execute(_LOCK, {"codes": [code.reveal() for code in vestigingen]})


async def add(conn: AsyncConnection, rows: Rows, bericht_id: UUID) -> Mapping[bytes, Standing]:
    """Write registrations under new numbers: all of them, or none and give what stands already.

    A number is the keyed digest of a vestigingscode and a registratieId.
    """
    found = await line_of(conn).fetch(_ADD, *_columns(rows, bericht_id))
    return {digest: Standing(datum, content) for digest, datum, content in found}


async def replace(
    conn: AsyncConnection, rows: Rows, moved: Sequence[date], bericht_id: UUID
) -> None:
    """Put registrations in the place of those that stand under their numbers, on days ``moved``."""
    codes = [rows.codes[kind - 1] for kind in rows.kinds]
    await conn.execute(_DELETE, {"codes": codes, "digests": rows.digests, "days": moved})
    await line_of(conn).fetch(_REPLACE, *_columns(rows, bericht_id))


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


def _columns(rows: Rows, bericht_id: UUID) -> Sequence[object]:
    """Give the values of ``_PARAMETERS``, in their order."""
    width = max(map(len, rows.sealed))
    return (
        len(rows.digests),
        b"".join(rows.digests),
        _pairs(rows.kinds),
        rows.codes,
        rows.days,
        rows.categories,
        rows.withdrawns,
        b"".join(rows.contents),
        b"".join(rows.pupils),
        _pairs(rows.minutes),
        b"".join([sealed.ljust(width) for sealed in rows.sealed]),
        width,
        _pairs([len(sealed) for sealed in rows.sealed]),
        bericht_id,
    )


def _pairs(numbers: Sequence[int]) -> bytes:
    """Join small numbers, two bytes each."""
    return pack(f">{len(numbers)}H", *numbers)


# In the order of what is locked, and not of the codes: two codes may share a number.
_LOCK = text("""
    SELECT pg_advisory_xact_lock(hashtext('registrations'), number)
    FROM (SELECT DISTINCT hashtext(code) AS number FROM unnest(CAST(:codes AS text[])) AS code
          ORDER BY number) AS numbers
""")


# Rows come joined and not as arrays: the driver takes longer over each element of an array than
# PostgreSQL over cutting it out.
_PARAMETERS = {
    "count": "integer",
    "digests": "bytea",
    "kinds": "bytea",
    "codes": "text[]",
    "days": "date[]",
    "categories": "text[]",
    "withdrawns": "boolean[]",
    "contents": "bytea",
    "pupils": "bytea",
    "minutes": "bytea",
    "sealed": "bytea",
    "width": "integer",
    "lengths": "bytea",
    "bericht_id": "uuid",
}
_SENT = {
    name: f"CAST(${number} AS {kind})" for number, (name, kind) in enumerate(_PARAMETERS.items(), 1)
}
_DIGEST_BYTES = 33
"""Of a keyed digest, its version included."""


def _pair(name: str) -> str:
    """Read one of the numbers that ``_pairs`` wrote."""
    return f"(get_byte({_SENT[name]}, 2 * n) * 256 + get_byte({_SENT[name]}, 2 * n + 1))"


def _digest(name: str) -> str:
    return f"substr({_SENT[name]}, n * {_DIGEST_BYTES} + 1, {_DIGEST_BYTES})"


def _shared(name: str) -> str:
    """Read what rows of one kind share."""
    return f"({_SENT[name]})[kind]"


_ROWS = f"""
    FROM (SELECT n, {_pair("kinds")} AS kind
          FROM generate_series(0, {_SENT["count"]} - 1) AS n OFFSET 0) AS sent
"""  # noqa: S608  the names are ours

# Plan: a nested loop from the keys over the primary key, whatever the planner knows of the table:
# a join may read all of it for every portion, while it is not that large yet.
_STANDING = f"""
    SELECT r.id_digest, r.datum, r.content
    FROM (SELECT {_shared("codes")} AS code, {_digest("digests")} AS digest {_ROWS} OFFSET 0) AS k
    CROSS JOIN LATERAL (
        SELECT * FROM registration_ids
        WHERE vestigingscode = k.code AND id_digest = k.digest LIMIT 1
    ) AS r
"""  # noqa: S608  the names are ours

_REMEMBER = f"""
    INSERT INTO registration_ids (vestigingscode, id_digest, datum, content, withdrawn)
    SELECT {_shared("codes")}, {_digest("digests")}, {_shared("days")}, {_digest("contents")},
           {_shared("withdrawns")}
    {_ROWS}
"""

_REGISTER = f"""
    INSERT INTO registrations (vestigingscode, id_digest, datum, id_sealed, pupil, minuten,
                               categorie, bericht_id)
    SELECT {_shared("codes")}, {_digest("digests")}, {_shared("days")},
           substr({_SENT["sealed"]}, n * {_SENT["width"]} + 1, {_pair("lengths")}),
           {_digest("pupils")}, {_pair("minutes")}, {_shared("categories")}, {_SENT["bericht_id"]}
    {_ROWS} WHERE NOT {_shared("withdrawns")}
"""

# One round trip. The lock keeps everybody else from these numbers: what does not stand is new, so
# that there can be no conflict and none is looked for.
_ADD = f"""
    WITH standing AS ({_STANDING}),
         remembered AS ({_REMEMBER} WHERE NOT EXISTS (SELECT FROM standing)),
         registered AS ({_REGISTER} AND NOT EXISTS (SELECT FROM standing))
    SELECT id_digest, datum, content FROM standing
"""  # noqa: S608  the names are ours

_AGAIN = """
    ON CONFLICT (vestigingscode, id_digest) DO UPDATE
        SET datum = excluded.datum, content = excluded.content, withdrawn = excluded.withdrawn
"""

_REPLACE = f"WITH remembered AS ({_REMEMBER} {_AGAIN}) {_REGISTER}"

# The day is in the condition: it names the month's partition, and with it the row.
_DELETE = text("""
    DELETE FROM registrations r
    USING unnest(CAST(:codes AS text[]), CAST(:digests AS bytea[]), CAST(:days AS date[]))
          AS k(code, digest, day)
    WHERE r.vestigingscode = k.code AND r.datum = k.day AND r.id_digest = k.digest
""")

_SCOPE = text("""
    INSERT INTO message_scope (bericht_id, vestigingscode, periode)
    SELECT CAST(:bericht_id AS uuid), s.*
    FROM unnest(CAST(:codes AS text[]), CAST(:perioden AS text[])) AS s
""")
