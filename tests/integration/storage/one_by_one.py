"""What is known round a message, asked the long way: one plain question after the other."""

from __future__ import annotations

import json
from datetime import date

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.policy.facts import Dagverzuim, Telstand, Verzuimbeleid
from exchange.storage.surroundings import Question, Surroundings


async def surroundings(conn: asyncpg.Connection, asked: Question) -> Surroundings:
    """Answer a question on a connection that says who asks."""
    code = str(asked.vestiging) if asked.vestiging else None
    return Surroundings(
        answered=await _answered(conn, asked.key_digest),
        beleid=await _beleid(conn, code, asked.beleid_on),
        kalender=await _kalender(conn, code, asked.kalender.start) if asked.kalender else None,
        registered=await _registered(conn, code, asked),
        meldingen=await _meldingen(conn, code, asked),
    )


async def _answered(conn: asyncpg.Connection, key_digest: bytes | None) -> bool:
    found = await conn.fetch("SELECT FROM idempotency WHERE key_digest = $1", key_digest)
    return bool(found)


async def _beleid(
    conn: asyncpg.Connection, code: str | None, day: date | None
) -> Verzuimbeleid | None:
    row = await conn.fetchrow(
        "SELECT versie, geldig_vanaf, lesuur_in_minuten, criteria FROM verzuimbeleid"
        " WHERE vestigingscode = $1 AND geldig_vanaf <= $2"
        " ORDER BY geldig_vanaf DESC, versie DESC LIMIT 1",
        code,
        day,
    )
    if row is None:
        return None
    return Verzuimbeleid(row[0], row[1], row[2], frozenset(row[3]))


async def _kalender(
    conn: asyncpg.Connection, code: str | None, schooljaar: int
) -> tuple[tuple[date, date], ...] | None:
    put = await conn.fetchval(
        "SELECT lesvrij FROM schoolkalenders WHERE vestigingscode = $1 AND schooljaar = $2",
        code,
        schooljaar,
    )
    if put is None:
        return None
    return tuple((date.fromisoformat(van), date.fromisoformat(tot)) for van, tot in json.loads(put))


async def _registered(
    conn: asyncpg.Connection, code: str | None, asked: Question
) -> tuple[Dagverzuim, ...]:
    if asked.registered is None:
        return ()
    rows = await conn.fetch(
        "SELECT datum, sum(minuten) FROM registrations WHERE vestigingscode = $1 AND pupil = $2"
        " AND datum BETWEEN $3 AND $4 AND categorie = 'ongeoorloofd' GROUP BY datum ORDER BY datum",
        code,
        asked.pupil,
        *asked.registered,
    )
    return tuple(Dagverzuim(*row) for row in rows)


async def _meldingen(
    conn: asyncpg.Connection, code: str | None, asked: Question
) -> tuple[Telstand, ...]:
    rows = await conn.fetch(
        "SELECT t.bericht_id, t.verzuimsoort, t.begin, t.eind FROM telstand t"
        " LEFT JOIN outbox o ON o.bericht_id = t.bericht_id AND o.status = 'geweigerd'"
        " WHERE t.vestigingscode = $1 AND t.schooljaar = $2 AND t.pupil = $3"
        " AND o.bericht_id IS NULL ORDER BY t.begin, t.eind, t.bericht_id",
        code,
        asked.schooljaar.start if asked.schooljaar else None,
        asked.pupil,
    )
    return tuple(Telstand(row[0], Verzuimsoort(row[1]), row[2], row[3]) for row in rows)
