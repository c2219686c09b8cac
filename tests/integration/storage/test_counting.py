"""What is counted about a pupil, and what restarts a count, as the database keeps it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from exchange.messages.identifiers import Oin, Schooljaar, Vestigingscode
from exchange.messages.verzuimmelding import Verzuimsoort
from exchange.policy.facts import Dagverzuim, Telstand
from exchange.storage import acceptance, counting, surroundings
from exchange.storage.database import Connection, Database
from exchange.storage.rows import TelstandRow
from exchange.storage.surroundings import Question
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import LAS, NOW, SCHOOL, TODAY, YEAR, A, B

BLOCKED = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
ONE, OTHER = make.digest(), make.digest()


@pytest.fixture(scope="module", autouse=True)
async def _connected(fresh: TestDatabase, operator: Database) -> AsyncIterator[None]:
    await make.connect_everybody(operator)
    yield
    async with fresh.raw() as root:
        await root.execute("TRUNCATE registrations, telstand")


async def register(
    fresh: TestDatabase,
    pupil: bytes,
    day: str,
    minuten: int,
    vestiging: Vestigingscode = A,
    categorie: str = "ongeoorloofd",
) -> None:
    async with fresh.raw() as root:
        await root.execute(
            "INSERT INTO registrations VALUES ($1, $2, $3, 'sealed', $4, $5, $6, $7)",
            str(vestiging), date.fromisoformat(day), make.digest(), pupil, minuten, categorie,
            uuid7(),
        )  # fmt: skip


async def registered(
    gateway: Database,
    pupil: bytes,
    vestiging: Vestigingscode = A,
    schooljaar: Schooljaar = YEAR,
    party: Oin = LAS,
) -> tuple[Dagverzuim, ...]:
    days = (schooljaar.first_day, schooljaar.last_day)
    asked = Question(vestiging=vestiging, pupil=pupil, schooljaar=schooljaar, registered=days)
    (found,) = await surroundings.look_up(gateway, party, TODAY, [asked])
    return found.registered


async def report(
    conn: Connection, pupil: bytes, begin: str, eind: str, vestiging: Vestigingscode = A
) -> UUID:
    await acceptance.insert_message(conn, message := make.message(vestiging))
    await counting.restart(
        conn,
        TelstandRow(
            message.bericht_id, vestiging, YEAR, pupil, "16-uur",
            date.fromisoformat(begin), date.fromisoformat(eind),
        ),
    )  # fmt: skip
    return message.bericht_id


async def test_absence_is_added_up_by_day_for_one_pupil_vestiging_and_schooljaar(
    fresh: TestDatabase, gateway: Database
) -> None:
    for day, minuten in (("2026-11-03", 60), ("2026-11-02", 30), ("2026-11-03", 45)):
        await register(fresh, ONE, day, minuten)
    await register(fresh, ONE, "2026-11-03", 500, categorie="geoorloofd")
    await register(fresh, OTHER, "2026-11-03", 500)
    await register(fresh, ONE, "2026-11-03", 500, vestiging=B)
    await register(fresh, ONE, "2026-07-31", 500)
    assert await registered(gateway, ONE) == (
        Dagverzuim(date(2026, 11, 2), 30),
        Dagverzuim(date(2026, 11, 3), 105),
    )
    before = await registered(gateway, ONE, schooljaar=Schooljaar(2025))
    assert before == (Dagverzuim(date(2026, 7, 31), 500),)
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        often = await counting.registered_often(conn, A, YEAR, 136)
        assert {row.pupil for row in often} == {OTHER}
        often = await counting.registered_often(conn, A, YEAR, 135)
        assert {row.pupil for row in often} == {ONE, OTHER}
        assert [row.minuten for row in often if row.pupil == OTHER] == [500]


async def test_meldingen_come_oldest_first_and_go_with_their_message(gateway: Database) -> None:
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        later = await report(conn, ONE, "2026-11-02", "2026-11-03")
        earlier = await report(conn, ONE, "2026-09-07", "2026-09-08")
        await report(conn, OTHER, "2026-09-07", "2026-09-08")
    expected = [
        Telstand(earlier, Verzuimsoort.ZESTIEN_UUR, date(2026, 9, 7), date(2026, 9, 8)),
        Telstand(later, Verzuimsoort.ZESTIEN_UUR, date(2026, 11, 2), date(2026, 11, 3)),
    ]
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        assert await counting.meldingen(conn, A, YEAR, ONE) == tuple(expected)
        assert await counting.meldingen(conn, A, Schooljaar(2025), ONE) == ()
        assert await counting.meldingen(conn, B, YEAR, ONE) == ()
        by_pupil = await counting.meldingen_by_pupil(conn, A, YEAR)
        assert by_pupil.keys() == {ONE, OTHER}
        assert sorted(by_pupil[ONE], key=lambda melding: melding.begin) == expected
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        await acceptance.withdraw(conn, later, by=uuid7(), at=NOW)
        assert await counting.meldingen(conn, A, YEAR, ONE) == tuple(expected[:1])


async def test_nobody_sees_or_undoes_the_count_of_anothers_pupils(
    fresh: TestDatabase, gateway: Database
) -> None:
    pupil = make.digest()
    await register(fresh, pupil, "2026-11-02", 600, vestiging=B)
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        number = await report(conn, pupil, "2026-11-02", "2026-11-03", vestiging=B)
    for party in (SCHOOL, make.LEERPLICHT, None):
        async with gateway.transaction(party=party, today=TODAY) as conn:
            assert await counting.registered_often(conn, B, YEAR, 1) == []
            assert await counting.meldingen(conn, B, YEAR, pupil) == ()
            assert await counting.meldingen_by_pupil(conn, B, YEAR) == {}
            await counting.undo(conn, number)
        if party:
            assert await registered(gateway, pupil, B, party=party) == ()
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        assert len(await counting.meldingen(conn, B, YEAR, pupil)) == 1


async def test_who_holds_a_count_has_it_alone_until_the_commit(
    fresh: TestDatabase, gateway: Database
) -> None:
    order: list[str] = []

    async def second() -> None:
        async with gateway.transaction(party=LAS, today=TODAY) as conn:
            await counting.hold(conn, A, ONE)
            order.append("second")

    async with gateway.transaction(party=LAS, today=TODAY) as conn, fresh.raw() as root:
        await counting.hold(conn, A, ONE)
        async with gateway.transaction(party=LAS, today=TODAY) as another:
            await counting.hold(another, A, OTHER)  # another pupil waits for nobody
            await counting.hold(another, B, ONE)
        waiting = asyncio.create_task(second())
        while not await root.fetchval(BLOCKED):
            pass
        order.append("first")
    await waiting
    assert order == ["first", "second"]
