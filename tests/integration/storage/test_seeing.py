"""What a school laid down is seen by the very judgement of ``exchange_sees_vestiging``."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest

from exchange.messages.identifiers import Schooljaar, Vestigingscode
from exchange.storage.surroundings import LOOK_UP, Question, columns_of
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import TODAY, oin

GATEWAY = "exchange_gateway"
DAY = timedelta(days=1)
LAID_DOWN = ("verzuimbeleid", "schoolkalenders")
SCHOOLS = ("99AA", "99BB", "99CC")
CODES = [f"{school}0{number}" for school in SCHOOLS for number in range(3)]
DAYS = (None, TODAY - DAY, TODAY, TODAY + DAY)

Mandate = tuple[str, str, date, date | None, bool]
MANDATES: dict[str, Mandate] = {
    "99AA00": ("99AA00", "aanleveren", TODAY, TODAY, False),
    "99AA01": ("99AA01", "aanleveren", TODAY, None, False),
    "99AA02": ("99AA02", "aanleveren", TODAY + DAY, None, False),
    "99BB00": ("99BB00", "aanleveren", TODAY - 9 * DAY, TODAY - DAY, False),
    "99BB01": ("99BB01", "aanleveren", TODAY - DAY, None, True),
    "99BB02": ("99BB02", "ontvangen", TODAY - DAY, None, False),
}
PARTIES = {
    oin(501): ("with a mandate of each kind", False),
    oin(502): ("the same, revoked", True),
    oin(503): ("a school", False),
    oin(504): ("a school, revoked", True),
    oin(505): ("a school whose grant was revoked", False),
    oin(506): ("both, for different schools", False),
}


@pytest.fixture(scope="module", autouse=True)
async def laid_down(fresh: TestDatabase) -> None:
    """Every kind of party and mandate, and a policy and a calendar of nine vestigingen."""
    async with fresh.raw() as root:
        for party, (name, revoked) in PARTIES.items():
            await root.execute(
                "INSERT INTO parties VALUES ($1, $2, NULL, now(),"
                " CASE WHEN $3::boolean THEN now() END)",
                str(party),
                name,
                revoked,
            )
        await root.executemany(MANDATE, list(mandates()))
        await root.executemany(
            "INSERT INTO grants VALUES ($1, $2, $3, CASE WHEN $4::boolean THEN now() END)",
            [
                (str(oin(503)), "school", "99AA", False),
                (str(oin(504)), "school", "99AA", False),
                (str(oin(505)), "school", "99AA", True),
                (str(oin(506)), "school", "99CC", False),
            ],
        )
        await root.executemany(
            "INSERT INTO verzuimbeleid VALUES ($1, 1, '2026-08-01', '2026-08-01', 60, '{}', '{}',"
            " '{}', '{}', decode(repeat('00', 33), 'hex'), now(), 'x')",
            [(code,) for code in CODES],
        )
        await root.executemany(
            "INSERT INTO schoolkalenders VALUES ($1, 2026, '[]', now(), 'x')",
            [(code,) for code in CODES],
        )


MANDATE = """
    INSERT INTO mandates VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $4,
                                 CASE WHEN $6::boolean THEN now() END)
"""


def mandates() -> Iterator[tuple[object, ...]]:
    for supplier, mandate in product((501, 502, 506), MANDATES.values()):
        yield str(oin(supplier)), *mandate


@pytest.mark.parametrize("table", LAID_DOWN)
@pytest.mark.parametrize("today", DAYS)
async def test_it_is_seen_by_whom_the_function_names_and_by_nobody_else(
    fresh: TestDatabase, table: str, today: date | None
) -> None:
    said = dict[str, list[str]]()
    for party in ("", *PARTIES, oin(999)):
        async with fresh.raw(GATEWAY, party=party, today=today) as connection:
            seen = await connection.fetch(f"SELECT vestigingscode FROM {table} ORDER BY 1")  # noqa: S608
            judged = await connection.fetch(
                "SELECT code FROM unnest($1::text[]) AS code WHERE exchange_sees_vestiging(code)"
                " ORDER BY 1",
                CODES,
            )
        said[str(party)] = [row[0] for row in judged]
        assert [row[0] for row in seen] == said[str(party)], party
    if today == TODAY:
        assert said[str(oin(501))] == ["99AA00", "99AA01"]
        assert said[str(oin(503))] == ["99AA00", "99AA01", "99AA02"]
        assert said[str(oin(506))] == ["99AA00", "99AA01", "99CC00", "99CC01", "99CC02"]


@pytest.mark.parametrize("table", LAID_DOWN)
async def test_nobody_lays_down_for_a_vestiging_that_it_does_not_see(
    fresh: TestDatabase, table: str
) -> None:
    values = {
        "verzuimbeleid": "2, '2026-08-01', '2026-08-01', 60, '{}', '{}', '{}', '{}',"
        " decode(repeat('00', 33), 'hex'), now(), 'x'",
        "schoolkalenders": "2027, '[]', now(), 'x'",
    }
    insert = f"INSERT INTO {table} VALUES ($1, {values[table]})"  # noqa: S608
    async with fresh.raw(GATEWAY, party=oin(503), today=TODAY) as connection:
        own = connection.transaction()
        await own.start()
        assert await connection.execute(insert, "99AA00") == "INSERT 0 1"
        await own.rollback()
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(insert, "99BB00")


async def test_what_a_party_may_see_elsewhere_costs_a_look_up_nothing(fresh: TestDatabase) -> None:
    asked = Question(make.digest(), Vestigingscode("99AA01"), TODAY, Schooljaar.of(TODAY))
    async with fresh.raw() as root:
        await root.execute(THOUSANDS, str(oin(501)))
        await root.execute("ANALYZE mandates")
    async with fresh.raw(GATEWAY) as connection, connection.transaction():
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        party, columns = str(oin(501)), columns_of([asked, asked])
        rows = await connection.fetch(LOOK_UP, party, TODAY.isoformat(), *columns)
        read = await connection.fetchval(
            "SELECT pg_stat_get_xact_tuples_returned('mandates_standing'::regclass)"
            " + pg_stat_get_xact_tuples_returned('mandates'::regclass)"
        )
    assert [row["versie"] for row in rows] == [1, 1]
    assert 0 < read < 20


THOUSANDS = """
    INSERT INTO mandates
    SELECT gen_random_uuid(), $1, to_char(n % 100, 'FM00') || chr(65 + n / 100 % 26) || 'Z00',
           'aanleveren', '2020-01-01', NULL, '2020-01-01', NULL
    FROM generate_series(0, 2599) AS n
"""
