"""Measures what figures cost: a school's year, and folding a month beside ever more registrations.

A PostgreSQL of its own, as the embedded default sets it up. One school sends the same month each
time; the rest of the country fills four open months around it, first with few registrations and
then with many. What is flat with history takes as long beside the many as beside the few.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from exchange.bootstrap.law import open_law
from exchange.figures.tally import fold
from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.storage import tally
from exchange.storage.embedded import EmbeddedPostgres
from tests.bench.cluster import cluster, prepared
from tests.bench.outcome import Outcome
from tests.integration.servers import TestDatabase

FEW = 100_000
_VESTIGINGEN = 8_000
_MONTHS = tuple(date(2026, month, 1) for month in (8, 9, 10, 11))
_NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_SCHOOL, _YEAR = Vestigingscode("99ZZ00"), Schooljaar(2026)
_PUPILS, _OF_SCHOOL, _WARMING_UP, _REPEATS = 800, 2_500, 10, 60
_MOST_MILLISECONDS, _MOST_TIMES_AS_LONG = 5.0, 2.0


@dataclass(frozen=True)
class Measured:
    """Milliseconds beside so many registrations: medians, and the least that a fold took.

    A neighbour on the machine can slow one of two measurements down, and never speed one up: so it
    is by the least that they are compared.
    """

    registrations: int
    year: float
    fold: float
    least_fold: float


def run(asked: argparse.Namespace) -> Outcome:
    """Measure beside ``FEW`` registrations and beside ``asked.registrations``."""
    with cluster() as (running, passfile):
        few, many = asyncio.run(_measure(running, passfile, asked.registrations))
    failures = []
    if many.year > _MOST_MILLISECONDS:
        failures.append(f"a school's year takes {many.year:.1f} ms, over {_MOST_MILLISECONDS:g}")
    if many.least_fold > few.least_fold * _MOST_TIMES_AS_LONG:
        grown = f"{few.least_fold:.1f} ms became {many.least_fold:.1f} ms"
        failures.append(f"folding is not flat: {grown}")
    return Outcome(_render(few, many), {"few": asdict(few), "many": asdict(many)}, failures)


async def _measure(
    running: EmbeddedPostgres, passfile: Path, registrations: int
) -> tuple[Measured, Measured]:
    database = await prepared(running, passfile)
    await _load_school(database)
    per_month = FEW // len(_MONTHS)
    await _load_country(database, 0, per_month)
    few = await _measured(database)
    await _load_country(database, per_month, registrations // len(_MONTHS))
    return few, await _measured(database)


async def _measured(database: TestDatabase) -> Measured:
    law = open_law()
    async with database.login("exchange_worker") as worker, database.raw() as root:
        await root.execute("VACUUM ANALYZE")
        await root.execute("CHECKPOINT")  # what was loaded is not written while we measure
        count = await root.fetchval("SELECT count(*) FROM registrations")

        async def fold_month() -> None:
            if await fold(worker, _NOW, law) != 1:
                raise SystemExit("the month of the school was not folded")

        async def read_year() -> None:
            async with worker.transaction() as conn:
                if len(await tally.year_of(conn, _SCHOOL, _YEAR)) != len(_MONTHS):
                    raise SystemExit("the year of the school is not whole")

        async def mark() -> None:
            await root.execute(_MARK, str(_SCHOOL))

        async def nothing() -> None:
            """A query needs no preparation."""

        folded = await _times(fold_month, mark)
        year = statistics.median(await _times(read_year, nothing))
        return Measured(count, year, statistics.median(folded), min(folded))


async def _times(
    act: Callable[[], Awaitable[None]], before: Callable[[], Awaitable[None]]
) -> list[float]:
    took = []
    for _ in range(_WARMING_UP + _REPEATS):
        await before()
        started = time.perf_counter()
        await act()
        took.append((time.perf_counter() - started) * 1000)
    return took[_WARMING_UP:]


async def _load_school(database: TestDatabase) -> None:
    async with database.raw() as root:
        for month in _MONTHS:
            await root.execute("SELECT exchange_open_month($1)", month)
            await root.execute(_SOURCE, str(_SCHOOL), month)
        await root.execute(_LOAD_SCHOOL, str(_SCHOOL), _MONTHS[-1], _OF_SCHOOL, _PUPILS)
        await root.execute(_TALLIED, _VESTIGINGEN)
        await root.execute(_TALLIED_SCHOOL, str(_SCHOOL))


async def _load_country(database: TestDatabase, begin: int, end: int) -> None:
    """Add registrations to each month, spread over all vestigingen, one vestiging after another."""
    async with database.raw() as root:
        await root.execute("SET synchronous_commit = off")
        for month in _MONTHS:
            await root.execute(_LOAD_COUNTRY, month, begin, end, _VESTIGINGEN)


def _render(few: Measured, many: Measured) -> str:
    rows = [
        ("the figures of one school in one year", few.year, many.year),
        (f"folding one month of {_OF_SCHOOL:,} registrations", few.fold, many.fold),
        ("the same, at its fastest", few.least_fold, many.least_fold),
    ]
    lines = [f"{'milliseconds, beside':<48}{few.registrations:>14,}{many.registrations:>14,}"]
    lines += [
        f"{what:<48}{beside_few:>14.2f}{beside_many:>14.2f}"
        for what, beside_few, beside_many in rows
    ]
    return "\n".join(lines)


_CODE = "to_char(10 + v % 80, 'FM00') || chr(65 + v / 80 % 26) || chr(65 + v / 2080) || '00'"

_REGISTRATION = """
    decode('01', 'hex') || sha256(convert_to(own, 'UTF8')), repeat('s', 60)::bytea,
    decode('01', 'hex') || sha256(convert_to(pupil, 'UTF8')), 1 + n % 300,
    CASE n % 4 WHEN 0 THEN 'ongeoorloofd' ELSE 'geoorloofd' END,
    '01a10000-0000-7000-8000-000000000001'::uuid
"""

_LOAD_SCHOOL = f"""
    INSERT INTO registrations
    SELECT $1::text, $2::date + n % 20, {_REGISTRATION}
    FROM generate_series(1, $3::integer) AS n,
         LATERAL (SELECT $1::text || n AS own, $1::text || n % $4::integer AS pupil) AS names
"""  # noqa: S608  our own words

_LOAD_COUNTRY = f"""
    INSERT INTO registrations
    SELECT {_CODE}, $1::date + n % 20, {_REGISTRATION}
    FROM generate_series($2::integer, $3::integer - 1) AS n,
         LATERAL (SELECT (n::bigint * $4::integer / $3::integer)::integer) AS place(v),
         LATERAL (SELECT $1::date::text || n AS own, v || '|' || n % 300 AS pupil) AS names
"""  # noqa: S608  our own words

_SOURCE = "INSERT INTO month_sources VALUES ($1, to_char($2::date, 'YYYY-MM'), 'registraties')"

_MARK = "INSERT INTO tally_due (vestigingscode, periode) VALUES ($1, '2026-11')"

_FIGURES = "NULL, 300, 6000, 0, 0, 0, 0, 0, 0, 300, 0, 0, 0, 0, false, now()"

_TALLIED = f"""
    INSERT INTO tally
    SELECT {_CODE}, to_char(first, 'YYYY-MM'),
           extract(year FROM first - interval '7 months')::smallint, {_FIGURES}
    FROM generate_series(0, $1::integer - 1) AS v,
         generate_series(timestamp '2025-08-01', timestamp '2027-07-01', '1 month') AS first
"""  # noqa: S608  our own words

_TALLIED_SCHOOL = f"""
    INSERT INTO tally
    SELECT $1::text, to_char(first, 'YYYY-MM'), 2026, {_FIGURES}
    FROM generate_series(timestamp '2026-08-01', timestamp '2026-11-01', '1 month') AS first
"""  # noqa: S608  our own words
