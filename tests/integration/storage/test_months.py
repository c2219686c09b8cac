"""Months of registrations: opened ahead of time, dropped whole when their term is over (P9)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from exchange.bootstrap.law import open_law
from exchange.errors import Unavailable
from exchange.messages.identifiers import Periode
from exchange.policy.retention import registrations_kept_from
from exchange.storage import forgetting
from exchange.storage.database import Connection, Database
from exchange.workers.months import MonthKeeper
from tests.integration.servers import TestDatabase

LAW = open_law()
DIGEST = b"\x01" * 33
_ADD_ONE = """
    INSERT INTO registrations SELECT '99BB00', '2027-07-05', d, d, d, 60, 'geoorloofd',
        gen_random_uuid() FROM decode(repeat('01', 33), 'hex') AS d
"""
FIGURES = ("leerlingaantallen", "schoolcijfers", "month_sources", "tally", "tally_due")
_RELEASE = """
    WITH made AS (
        INSERT INTO releases
        SELECT $1::integer, '2019-09', 'definitief', $2, 5, d, d, 'jws', gen_random_uuid()
        FROM decode(repeat('01', 32), 'hex') AS d
    ), filed AS (
        INSERT INTO release_files SELECT $1::integer, 'x', 'text/csv', 'a;b', d
        FROM decode(repeat('01', 32), 'hex') AS d
    ), sealed AS (
        INSERT INTO release_sealed SELECT $1::integer, 'x', 'kid', 'jwe', d, $2
        FROM decode(repeat('01', 32), 'hex') AS d
    )
    INSERT INTO release_notices (nummer, recipient, push_due_at) VALUES ($1::integer, 'x', $2)
"""
_WAITS = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = $1"


class At:
    """A clock that stands still."""

    def __init__(self, day: date) -> None:
        self._moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)

    def now(self) -> datetime:
        """Give noon of the day."""
        return self._moment


@pytest.fixture(autouse=True)
async def _nothing_yet(fresh: TestDatabase) -> AsyncIterator[None]:
    yield
    async with fresh.raw() as root:
        await root.execute("TRUNCATE registrations, registration_ids, subject_link, telstand")


@pytest.fixture
async def purge(fresh: TestDatabase) -> AsyncIterator[Database]:
    """The database as the purge sees it."""
    async with fresh.login("exchange_purge") as database:
        yield database


async def register(fresh: TestDatabase, *days: date) -> None:
    """Write a registration, its number and its link for each day."""
    async with fresh.raw() as root:
        for n, day in enumerate(days):
            digest = DIGEST[:-1] + bytes([n])
            await root.execute(
                "INSERT INTO registrations VALUES ('99AA00', $1, $2, $2, $2, 60, 'geoorloofd',"
                " gen_random_uuid())",
                *(day, digest),
            )
            await root.execute(
                "INSERT INTO registration_ids VALUES ('99AA00', $1, $2, $1, false)", digest, day
            )
            await root.execute(
                "INSERT INTO subject_link (entry, blind_index, vestigingscode, schooljaar, salt,"
                " periode) VALUES (gen_random_uuid(), $1, '99AA00', 2026, $2, $3)",
                *(digest, b"s" * 16, str(Periode.of(day))),
            )


async def open_month(fresh: TestDatabase, month: date) -> None:
    """Give a month a partition of its own, as the keeper does ahead of time."""
    async with fresh.raw() as root:
        await root.execute("SELECT exchange_open_month($1)", month)


async def days_left(fresh: TestDatabase) -> list[list[Any]]:
    """Give the days that are left in each table, and the months of the links."""
    async with fresh.raw() as root:
        return [
            [row[0] for row in await root.fetch(query)]
            for query in (
                "SELECT datum FROM registrations ORDER BY 1",
                "SELECT datum FROM registration_ids ORDER BY 1",
                "SELECT periode FROM subject_link ORDER BY 1",
            )
        ]


@pytest.mark.parametrize(
    ("today", "kept_from"),
    [
        (date(2026, 11, 22), date(2026, 9, 1)),
        (date(2026, 11, 30), date(2026, 9, 1)),
        (date(2026, 12, 1), date(2026, 9, 1)),
        (date(2026, 12, 7), date(2026, 9, 1)),
        (date(2026, 12, 8), date(2026, 10, 1)),
        (date(2027, 3, 7), date(2026, 12, 1)),
        (date(2027, 3, 8), date(2027, 1, 1)),
    ],
)
def test_a_month_stays_seven_days_after_it_closed(today: date, kept_from: date) -> None:
    assert registrations_kept_from(today, LAW) == kept_from


async def test_what_is_past_its_term_goes_from_every_table_and_the_rest_stays(
    fresh: TestDatabase, purge: Database
) -> None:
    old, kept = date(2026, 9, 30), date(2026, 10, 1)
    await register(fresh, old, kept, date(2026, 11, 5))
    await MonthKeeper(purge, At(date(2026, 12, 7)), LAW).keep()
    assert len((await days_left(fresh))[0]) == 3
    keeper = MonthKeeper(purge, At(date(2026, 12, 8)), LAW)
    while await keeper.keep():
        pass
    later = [kept, date(2026, 11, 5)]
    assert await days_left(fresh) == [later, later, ["2026-10", "2026-11"]]


async def test_nobody_is_held_up_behind_a_keeper_that_waits_for_a_delivery(
    fresh: TestDatabase, purge: Database
) -> None:
    keeper = MonthKeeper(purge, At(date(2027, 8, 8)), LAW)
    await open_month(fresh, date(2027, 5, 1))
    await register(fresh, date(2027, 5, 31))
    async with fresh.raw() as delivery, fresh.raw() as reader:
        await delivery.execute(f"BEGIN; {_ADD_ONE}")
        keeping = asyncio.create_task(keeper.keep())
        while not (keeping.done() or await reader.fetchval(_WAITS, "relation")):
            pass
        await reader.execute("SET lock_timeout = '2s'")
        assert await reader.fetchval("SELECT count(*) FROM registrations") == 1
        with pytest.raises(Unavailable):
            await keeping
        await delivery.execute("COMMIT")
    while await keeper.keep():
        pass
    assert (await days_left(fresh))[0] == [date(2027, 7, 5)]


async def test_registrations_are_reachable_while_links_are_forgotten(
    fresh: TestDatabase, purge: Database
) -> None:
    await open_month(fresh, date(2027, 6, 1))
    await register(fresh, date(2027, 6, 30))
    async with fresh.raw() as holder, fresh.raw() as reader:
        await holder.execute("BEGIN; SELECT FROM subject_link FOR UPDATE")
        keeping = asyncio.create_task(MonthKeeper(purge, At(date(2027, 9, 8)), LAW).keep())
        while not await reader.fetchval(_WAITS, "transactionid"):
            pass
        await reader.execute("SET lock_timeout = '1s'")
        assert await reader.fetchval("SELECT count(*) FROM registrations") == 0
        await holder.execute("ROLLBACK")
        assert await keeping
    assert await days_left(fresh) == [[], [], []]


async def test_what_never_got_a_month_of_its_own_and_links_go_in_batches(
    fresh: TestDatabase, purge: Database
) -> None:
    async with fresh.raw() as root:
        for n, code in enumerate(("99AA00", "99BB00", "99CC00")):
            await root.execute(
                "INSERT INTO registrations VALUES ($1, '2001-01-01', $2, $2, $2, 60,"
                " 'geoorloofd', gen_random_uuid())",
                *(code, DIGEST),
            )
            await root.execute(
                "INSERT INTO subject_link (entry, blind_index, vestigingscode, schooljaar, salt,"
                " periode) VALUES (gen_random_uuid(), $1, $2, 2000, $3, '2001-01')",
                *(DIGEST[:-1] + bytes([n]), code, b"s" * 16),
            )
    forget: tuple[Callable[[Connection], Awaitable[int]], ...] = (
        lambda conn: forgetting.forget_registrations(conn, date(2001, 2, 1), 2),
        lambda conn: forgetting.forget_links(conn, Periode(2001, 2), 2),
    )
    for batch in forget:
        gone = []
        for _ in range(3):
            async with purge.transaction() as conn:
                gone.append(await batch(conn))
        assert gone == [2, 1, 0]


async def test_what_restarts_a_count_goes_with_the_last_registrations_of_its_schooljaar(
    fresh: TestDatabase, purge: Database
) -> None:
    async with fresh.raw() as root:
        await root.execute("SET session_replication_role = replica")  # a telstand has a message
        await root.execute(
            "INSERT INTO telstand VALUES (gen_random_uuid(), '99AA00', 2026, $1, '16-uur',"
            " '2027-06-01', '2027-06-20')",
            DIGEST,
        )
        for today, left in ((date(2027, 10, 7), 1), (date(2027, 10, 8), 0)):
            await MonthKeeper(purge, At(today), LAW).keep()
            assert await root.fetchval("SELECT count(*) FROM telstand") == left


async def test_figures_go_after_two_schooljaren(fresh: TestDatabase, purge: Database) -> None:
    months = ["2024-07", "2025-07", "2025-08", "2026-09"]
    async with fresh.raw() as root:
        for month in months:
            await root.execute(
                "INSERT INTO leerlingaantallen VALUES ('99AA00', $1, 1, 1, now(), 'x')", month
            )
            await root.execute(
                "INSERT INTO schoolcijfers SELECT '99AA00', $1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,"
                " now(), 'x'",
                month,
            )
            await root.execute(
                "INSERT INTO month_sources VALUES ('99AA00', $1, 'schoolcijfers')", month
            )
            await root.execute(
                "INSERT INTO tally_due (vestigingscode, periode) VALUES ('99AA00', $1)", month
            )
            await root.execute(
                "INSERT INTO tally SELECT '99AA00', $1, 2026, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0,"
                " NULL, NULL, NULL, 0, 0, false, now()",
                month,
            )
        await MonthKeeper(purge, At(date(2027, 7, 31)), LAW).keep()
        for table in FIGURES:
            left = await root.fetch(f"SELECT periode FROM {table} ORDER BY 1")  # noqa: S608  ours
            assert [row[0] for row in left] == months[2:]
        await MonthKeeper(purge, At(date(2027, 8, 1)), LAW).keep()
        for table in FIGURES:
            left = await root.fetch(f"SELECT periode FROM {table}")  # noqa: S608  ours
            assert [row[0] for row in left] == ["2026-09"]
        await root.execute(f"TRUNCATE {', '.join(FIGURES)}")


async def test_a_release_goes_seven_years_after_it_was_made_with_all_that_was_made_of_it(
    fresh: TestDatabase, purge: Database
) -> None:
    made = (datetime(2019, 11, 22, 11, 59, tzinfo=UTC), datetime(2019, 11, 22, 12, 1, tzinfo=UTC))
    parts = ("release_files", "release_sealed", "release_notices")
    async with fresh.raw() as root:
        for nummer, at in enumerate(made, start=1):
            await root.execute(_RELEASE, nummer, at)
        await MonthKeeper(purge, At(date(2026, 11, 22)), LAW).keep()
        for table in ("releases", *parts):
            left = await root.fetch(f"SELECT nummer FROM {table}")  # noqa: S608  ours
            assert [row[0] for row in left] == [2]
        await root.execute("TRUNCATE releases CASCADE")


async def test_a_certificate_goes_with_the_figures_that_it_proves(
    fresh: TestDatabase, purge: Database
) -> None:
    """It holds differences with them; what was published stays."""
    async with fresh.raw() as root:
        for nummer, month in enumerate(("2025-07", "2025-08"), start=1):
            await root.execute(_RELEASE, nummer, datetime(2025, 11, 1, tzinfo=UTC))
            await root.execute("UPDATE releases SET periode = $2 WHERE nummer = $1", nummer, month)
            await root.execute("INSERT INTO release_certificates VALUES ($1, 'proof')", nummer)
        await MonthKeeper(purge, At(date(2027, 7, 31)), LAW).keep()
        left = await root.fetch("SELECT nummer FROM release_certificates")
        assert [row[0] for row in left] == [2]
        assert len(await root.fetch("SELECT 1 FROM releases")) == 2
        await root.execute("TRUNCATE releases CASCADE")


async def test_a_month_has_its_own_partition_before_it_begins(
    fresh: TestDatabase, purge: Database
) -> None:
    today = date(2031, 1, 15)
    await MonthKeeper(purge, At(today), LAW).keep()
    async with fresh.raw() as root:
        parts = {row[0] for row in await root.fetch(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = 'registrations'::regclass"
        )}  # fmt: skip
    assert {"registrations_2031_01", "registrations_2031_02", "registrations_2031_03"} <= parts
    await register(fresh, today + timedelta(days=40))
    async with fresh.raw() as root:
        where = await root.fetchval("SELECT tableoid::regclass::text FROM registrations")
    assert where == "registrations_2031_02"
