"""Years of use, made in SQL: registrations of the months that are kept, and log records."""

from __future__ import annotations

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from tests.bench.speed.site import Site

_MONTHS = 4
"""Up to now: of these the partitions are there from the start."""

_VESTIGINGEN = 8_000
_A_STATEMENT = 250_000


async def lay_down(site: Site, registrations: int, records: int) -> None:
    """Add so many of each, spread over all vestigingen of a country."""
    connection = await asyncpg.connect(site.database)
    try:
        await connection.execute("SET synchronous_commit = off")  # these are answered to nobody
        for begin in range(0, registrations, _A_STATEMENT):
            end = min(begin + _A_STATEMENT, registrations)
            await connection.execute(_REGISTRATIONS, begin, end, _VESTIGINGEN, _MONTHS)
        for begin in range(0, records, _A_STATEMENT):
            await connection.execute(_RECORDS, begin, min(begin + _A_STATEMENT, records))
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")  # what was loaded is not written while we measure
    finally:
        await connection.close()


async def counted(site: Site) -> tuple[int, int]:
    """Give how many registrations and log records are there now."""
    connection = await asyncpg.connect(site.database)
    try:
        row = await connection.fetchrow(_COUNT)
    finally:
        await connection.close()
    return row[0], row[1]


_COUNT = "SELECT (SELECT count(*) FROM registrations), (SELECT count(*) FROM log_records)"

_CODE = "to_char(10 + v % 80, 'FM00') || chr(65 + v / 80 % 26) || chr(68 + v / 2080) || '00'"
"""From 10AD00 on: none of the vestigingen that send."""

_REGISTRATIONS = f"""
    WITH made AS MATERIALIZED (
        SELECT {_CODE} AS code,
               (date_trunc('month', now()) - n % $4::integer * interval '1 month')::date + n % 20
               AS datum,
               decode('01', 'hex') || sha256(convert_to('registratie' || n, 'UTF8')) AS digest,
               decode('01', 'hex') || sha256(convert_to(v || '|' || n % 300, 'UTF8')) AS pupil,
               n
        FROM generate_series($1::integer, $2::integer - 1) AS n,
             LATERAL (SELECT n % $3::integer) AS place(v)
    ), ids AS (
        INSERT INTO registration_ids (vestigingscode, id_digest, datum, content, withdrawn)
        SELECT code, digest, datum, pupil, false FROM made
    )
    INSERT INTO registrations (vestigingscode, datum, id_digest, id_sealed, pupil, minuten,
                               categorie, bericht_id)
    SELECT code, datum, digest, repeat('s', 60)::bytea, pupil, 1 + n % 300,
           CASE n % 4 WHEN 0 THEN 'ongeoorloofd' ELSE 'geoorloofd' END,
           '01a10000-0000-7000-8000-000000000001'::uuid
    FROM made
"""  # noqa: S608  our own words

_RECORDS = f"""
    WITH made AS MATERIALIZED (
        SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
                || lpad(to_hex(n & 4095), 3, '0') || '8' || substr(md5(n::text), 1, 15))::uuid
               AS entry,
               at, n, {_CODE} AS code
        FROM generate_series($1::integer, $2::integer - 1) AS n,
             LATERAL (SELECT now() - interval '300 days' + n * interval '4 seconds', n % 8000)
             AS place(at, v)
    ), linked AS (
        INSERT INTO subject_link (entry, blind_index, vestigingscode, schooljaar, salt)
        SELECT entry, decode('01' || md5('p' || n % 900000) || md5('q' || n % 900000), 'hex'), code,
               2026, decode(md5('salt'), 'hex')
        FROM made
    )
    INSERT INTO log_records (entry, recorded_at, activity, actor, recipient, action, outcome, leaf,
                             leaf_hash)
    SELECT entry, at, 'signaal-leerplicht/1', '00000099' || 100000000 + n % 12 || '000',
           '00000099' || 200000000 + n % 342 || '000', 'bericht-aangenomen', 'ok',
           convert_to(rpad('{{', 398, 'x') || '}}', 'UTF8'), sha256(convert_to(n::text, 'UTF8'))
    FROM made
"""  # noqa: S608  our own words
