"""Measures searching the log: every condition, alone and together, beside twenty million records.

A PostgreSQL of its own. The records are spread over the year until now: a dozen suppliers did most,
the first of them nearly half; 342 gemeenten and 150 samenwerkingsverbanden the rest. One in a
hundred was refused, and a handful met a fault. A tenth of the records is about pupils, of eight
thousand vestigingen; of the school that looks for itself there are some deliveries about hundreds
of its pupils, and one about thirty thousand of others in which it has one.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from exchange.messages.identifiers import Oin
from exchange.pipeline.log_overview import overview
from exchange.pipeline.logregels import Vraag, zoek
from exchange.pipeline.onlooker import Onlooker
from exchange.telemetry.events import configure_logging
from exchange.telemetry.trace import trace_of
from tests.bench.cluster import cluster, prepared
from tests.bench.outcome import Outcome
from tests.integration.api.world import NOW, OINS, World, make_world
from tests.integration.servers import TestDatabase

_MOST_MILLISECONDS = 300.0
_ONLY_SHOWN = {"30 days counted, the first time in a process", "a school: 30 days counted"}
"""The overview is no search: it counts every record of the days that it shows."""
_REPEATS = 5
_AT_ONCE = 1_000_000
_YEAR = timedelta(days=360)
_BULK = 30_000


@dataclass(frozen=True)
class Measured:
    """Milliseconds: the first time that something was asked, and the least of some times more.

    A neighbour on the machine can slow one measurement down, and never speed one up.
    """

    first: float
    least: float


def run(asked: argparse.Namespace) -> Outcome:
    """Load ``asked.records`` records, then ask each question some times."""
    configure_logging(io.StringIO())  # the figures are the output

    async def measure() -> tuple[float, dict[str, Measured]]:
        with cluster() as (running, passfile):
            database = await prepared(running, passfile)
            async with make_world(database) as world:
                took = await load(database, asked.records)
                return took, await measured(world)

    took, found = asyncio.run(measure())
    failures = [
        f"{what} takes {one.least:.0f} ms"
        for what, one in found.items()
        if one.least > _MOST_MILLISECONDS and what not in _ONLY_SHOWN
    ]
    return Outcome(
        _render(asked.records, took, found),
        {"loaded": took, **{what: [one.first, one.least] for what, one in found.items()}},
        failures,
    )


async def load(database: TestDatabase, records: int) -> float:
    """Write the year, without indexes and then with; gives the seconds that it took."""
    started = time.perf_counter()
    async with database.raw() as root:
        found = await root.fetch(_INDEXES)
        for row in found:
            await root.execute(f"DROP INDEX {row['indexname']}")
        await root.execute("SET synchronous_commit = off; SET maintenance_work_mem = '512MB'")
        for first in range(0, records, _AT_ONCE):
            last = min(first + _AT_ONCE, records) - 1
            await root.execute(_RECORDS, first, last, NOW - _YEAR, _YEAR / records)
        await link(database, records)
        for row in found:
            await root.execute(row["indexdef"])
        await root.execute("VACUUM ANALYZE log_records, subject_link")
    return time.perf_counter() - started


async def link(database: TestDatabase, records: int) -> None:
    """Link a tenth of the records to pupils, and one delivery to thirty thousand."""
    async with database.raw() as root:
        await root.execute("SET synchronous_commit = off")
        await root.execute(_PARTIES)
        await root.execute(_LINKS)
        await root.execute(_DELIVERIES)
        await root.execute(_BULK_LINKS, _BULK)


def _questions() -> dict[str, Vraag]:
    supplier, gemeente = OINS["las-noord"], Oin("00000099200000007000")
    van, tot = NOW - timedelta(days=200), NOW - timedelta(days=199)
    return {
        "nothing asked": Vraag(),
        "a frequent actor": Vraag(actor=supplier),
        "a rare actor": Vraag(actor=gemeente),
        "an actor that never was": Vraag(actor=Oin("00000099999999999000")),
        "a recipient": Vraag(ontvanger=gemeente),
        "a frequent activity": Vraag(activiteit="verzuimregistraties-college/1"),
        "a rare activity": Vraag(activiteit="toegangsbewaking/1"),
        "refused": Vraag(uitkomst="geweigerd"),
        "faults": Vraag(uitkomst="fout"),
        "an action": Vraag(action="bericht-opgehaald"),
        "one day": Vraag(van=van, tot=tot),
        "one day and a rare actor": Vraag(van=van, tot=tot, actor=gemeente),
        "an actor and an activity": Vraag(actor=supplier, activiteit="signaal-leerplicht/1"),
        "an actor and a recipient": Vraag(actor=supplier, ontvanger=gemeente),
        "an actor and refused": Vraag(actor=OINS["fg"], uitkomst="geweigerd"),
        "two frequent ones that never met": Vraag(actor=supplier, activiteit="leveringen/1"),
        "the same, until a day": Vraag(actor=supplier, activiteit="leveringen/1", tot=van),
    }


async def measured(world: World) -> dict[str, Measured]:
    """Ask everything, as the operator's FG and as a school of its own."""
    await world.refresh()
    fg, school = (
        Onlooker(world.gateway.directory().parties[OINS[name]], trace_of({}))
        for name in ("fg", "school-99AA")
    )
    found = {what: await _asked(world, fg, one) for what, one in _questions().items()}
    deep = (
        await zoek(fg, Vraag(tot=NOW - timedelta(days=300)), None, 50, world.gateway)
    ).next_cursor
    found["a page far back"] = await _asked(world, fg, Vraag(actor=OINS["las-noord"]), deep)
    found["a school: nothing asked"] = await _asked(world, school, Vraag())
    found["a school: an action"] = await _asked(world, school, Vraag(action="bericht-opgehaald"))
    found["a school: 30 days counted"] = await _timed(
        world, lambda: overview(school, 30, world.gateway)
    )
    counting = await _timed(world, lambda: overview(fg, 30, world.gateway))
    found["30 days counted, the first time in a process"] = Measured(counting.first, counting.first)
    found["30 days counted"] = Measured(counting.least, counting.least)
    return found


async def _asked(world: World, who: Onlooker, vraag: Vraag, cursor: str | None = None) -> Measured:
    return await _timed(world, lambda: zoek(who, vraag, cursor, 50, world.gateway))


async def _timed(world: World, act: Callable[[], Awaitable[object]]) -> Measured:
    took = []
    for _ in range(1 + _REPEATS):
        await world.refresh()  # a directory that may be stale is not used
        started = time.perf_counter()
        await act()
        took.append((time.perf_counter() - started) * 1000)
    return Measured(took[0], min(took[1:]))


def _render(records: int, took: float, found: dict[str, Measured]) -> str:
    lines = [
        f"{records:,} records of 400 bytes, loaded and indexed in {took:.0f} s",
        f"{'milliseconds':<48}{'first':>10}{'least':>10}",
    ]
    lines += [f"{what:<48}{one.first:>10.1f}{one.least:>10.1f}" for what, one in found.items()]
    return "\n".join(lines)


_INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE tablename = 'log_records' AND indexname <> 'log_records_pkey'
"""

_RECORDS = """
    INSERT INTO log_records (entry, recorded_at, activity, actor, recipient, bericht_id, action,
                             outcome, leaf, leaf_hash)
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
            || lpad(to_hex(n & 4095), 3, '0') || '8' || substr(h, 1, 15))::uuid,
        at,
        CASE WHEN k < 55 THEN 'verzuimregistraties-college/1'
             WHEN k < 62 THEN 'signaal-leerplicht/1'
             WHEN k < 66 THEN 'verzuimmelding-leerplicht/1'
             WHEN k < 80 THEN 'verantwoording-aan-school/1'
             WHEN k < 92 THEN (ARRAY['signaal-leerplicht/1', 'verzuimmelding-leerplicht/1',
                                     'mailbox-beheer/1'])[1 + n % 3]
             WHEN k < 97 THEN 'leveringen/1' WHEN k < 98 THEN 'toegangsbewaking/1'
             WHEN k < 99 THEN 'verzuimbeleid-vastleggen/1' ELSE 'toezicht-op-verwerking/1' END,
        CASE WHEN k < 80 THEN '00000099' || 100000000 + floor(12 * power(r, 3))::int || '000'
             WHEN k < 92 THEN '00000099' || 200000000 + g || '000'
             WHEN k < 97 THEN '00000099' || 300000000 + n % 150 || '000'
             WHEN k < 98 THEN '00000099' || 100000000 + n % 12 || '000'
             WHEN k < 99 THEN NULL ELSE '00000099100000009000' END,
        CASE WHEN k BETWEEN 55 AND 65 OR k BETWEEN 80 AND 91
             THEN '00000099' || 200000000 + g || '000'
             WHEN k BETWEEN 92 AND 96 THEN '00000099' || 300000000 + n % 150 || '000' END,
        CASE WHEN k < 66 OR k BETWEEN 80 AND 91
             THEN ('01900000-0000-7000-8000-' || substr(md5((n / 4)::text), 1, 12))::uuid END,
        CASE WHEN k < 66 THEN 'bericht-aangenomen' WHEN k < 80 THEN 'ontvangstbewijs-ingezien'
             WHEN k < 92 THEN (ARRAY['bericht-opgehaald', 'bericht-bevestigd',
                                     'lijst-ingezien'])[1 + n % 3]
             WHEN k < 97 THEN 'leveringen-ingezien' WHEN k < 98 THEN 'verzoek-geweigerd'
             WHEN k < 99 THEN 'bericht-geparkeerd' ELSE 'logregels-ingezien' END,
        CASE WHEN k <> 97 THEN 'ok' WHEN n % 20011 = 97 THEN 'fout' ELSE 'geweigerd' END,
        convert_to(rpad('{"velden":["pgn"],"toegangspunt":"', 398, 'x') || '"}', 'UTF8'),
        decode(h || h, 'hex')
    FROM generate_series($1::bigint, $2::bigint) AS n,
         LATERAL (SELECT $3::timestamptz + n * $4::interval AS at, md5(n::text) AS h,
                         n * 7919 % 100 AS k, (n * 104729 % 1000003)::float / 1000003 AS r,
                         n * 31 % 342 AS g) AS drawn
"""

_PARTIES = """
    INSERT INTO parties (oin, name, added_at)
    SELECT '00000099' || n || '000', 'gemeente ' || n, now()
    FROM generate_series(200000000, 200000341) AS n
    UNION ALL
    SELECT '00000099' || n || '000', 'swv ' || n, now()
    FROM generate_series(300000000, 300000149) AS n
    ON CONFLICT DO NOTHING
"""

_CODE = "to_char(10 + v % 80, 'FM00') || chr(65 + v / 80 % 26) || chr(65 + v / 2080) || '00'"
_PUPIL = "decode('01' || md5({0}::text) || md5('x' || {0}), 'hex')"
_SALT = "decode(md5('salt'), 'hex')"

_LINKS = f"""
    INSERT INTO subject_link (entry, blind_index, vestigingscode, schooljaar, salt)
    SELECT entry, {_PUPIL.format("entry")}, {_CODE}, 2026, {_SALT}
    FROM log_records, LATERAL (SELECT ('x' || substr(entry::text, 30, 6))::bit(24)::int % 8000)
         AS place(v)
    WHERE get_byte(leaf_hash, 0) % 10 = 0
"""  # noqa: S608  our own words

_DELIVERIES = f"""
    INSERT INTO subject_link (entry, blind_index, vestigingscode, schooljaar, salt)
    SELECT entry, {_PUPIL.format("p")}, '99AA00', 2026, {_SALT}
    FROM (SELECT entry FROM log_records ORDER BY entry DESC LIMIT 300) AS delivery,
         generate_series(1, 400) AS p
    ON CONFLICT DO NOTHING
"""  # noqa: S608  our own words

_BULK_LINKS = f"""
    INSERT INTO subject_link (entry, blind_index, vestigingscode, schooljaar, salt)
    SELECT entry, decode('00', 'hex') || substr({_PUPIL.format("p")}, 2),
           CASE p WHEN $1::integer THEN '99AA00' ELSE '10AA00' END, 2026, {_SALT}
    FROM (SELECT entry FROM log_records ORDER BY entry DESC LIMIT 1) AS delivery,
         generate_series(1, $1::integer) AS p
"""  # noqa: S608  our own words
