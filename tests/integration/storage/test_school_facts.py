"""A school's verzuimbeleid and calendars: dated, versioned, and without a reason in clear."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from exchange.errors import Code, Fault, Refused
from exchange.messages.identifiers import Schooljaar
from exchange.policy.facts import Verzuimbeleid
from exchange.storage import school_facts, surroundings
from exchange.storage.database import Database
from exchange.storage.school_facts import BeleidRow, Put
from exchange.storage.surroundings import Question
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import LAS, NOW, SCHOOL, TODAY, A, B


@pytest.fixture(scope="module", autouse=True)
async def everybody(operator: Database) -> None:
    await make.connect_everybody(operator)


@pytest.fixture(autouse=True)
async def nothing_yet(fresh: TestDatabase) -> None:
    async with fresh.raw() as root:
        await root.execute("TRUNCATE verzuimbeleid, schoolkalenders")


def beleid(vanaf: date = date(2026, 8, 1), minuten: int = 60) -> BeleidRow:
    return BeleidRow(
        geldig_vanaf=vanaf,
        vastgesteld_op=date(2026, 7, 1),
        lesuur_in_minuten=minuten,
        redenen={make.digest(): "geoorloofd", make.digest(): "ongeoorloofd"},
        criteria=("PATROON_VASTE_DAG", "OPLOPEND"),
        elementen=("REGISTRATIE",),
        digest=make.digest(),
        put_at=NOW,
        put_by=LAS,
    )


async def put(gateway: Database, row: BeleidRow) -> tuple[int, bool]:
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        return await school_facts.put_beleid(conn, A, row)


async def in_force(gateway: Database, day: date) -> Verzuimbeleid | None:
    asked = Question(vestiging=A, beleid_on=day)
    (found,) = await surroundings.look_up(gateway, SCHOOL, TODAY, [asked])
    return found.beleid


async def test_what_was_put_comes_back_whole(gateway: Database) -> None:
    row = beleid()
    assert await put(gateway, row) == (1, True)
    async with gateway.transaction(party=SCHOOL, today=TODAY) as conn:
        assert await school_facts.latest_beleid(conn, A) == (1, row)
        assert await school_facts.latest_beleid(conn, B) is None


async def test_the_same_again_is_no_new_version(gateway: Database) -> None:
    first, second = beleid(), beleid(minuten=50)
    assert await put(gateway, first) == (1, True)
    assert await put(gateway, replace(first, put_at=NOW)) == (1, False)
    assert await put(gateway, second) == (2, True)
    assert await put(gateway, first) == (3, True)


async def test_the_policy_in_force_is_the_last_put_of_the_last_that_began(
    gateway: Database,
) -> None:
    for vanaf, minuten in ((date(2026, 8, 1), 60), (date(2027, 1, 1), 45), (date(2026, 8, 1), 50)):
        await put(gateway, beleid(vanaf, minuten))
    assert await in_force(gateway, date(2026, 7, 31)) is None
    for day, versie, minuten in (
        (date(2026, 8, 1), 3, 50),
        (date(2026, 12, 31), 3, 50),
        (date(2027, 1, 1), 2, 45),
    ):
        found = await in_force(gateway, day)
        assert found is not None
        assert (found.versie, found.lesuur_in_minuten) == (versie, minuten)
        assert found.criteria == {"PATROON_VASTE_DAG", "OPLOPEND"}


async def test_puts_at_once_get_numbers_of_their_own(gateway: Database) -> None:
    done = await asyncio.gather(*(put(gateway, beleid()) for _ in range(10)))
    assert sorted(done) == [(number, True) for number in range(1, 11)]


async def test_equal_puts_at_once_are_one_version(gateway: Database) -> None:
    row = beleid()
    done = await asyncio.gather(*(put(gateway, row) for _ in range(10)))
    assert sorted(done) == [(1, False)] * 9 + [(1, True)]


async def test_another_category_is_not_stored(gateway: Database) -> None:
    with pytest.raises(Fault):
        await put(gateway, replace(beleid(), redenen={make.digest(): "ziek"}))


async def test_a_calendar_is_new_once_and_replaced_by_another_after_that(gateway: Database) -> None:
    year = Schooljaar(2026)
    autumn = ((date(2026, 10, 17), date(2026, 10, 25)),)
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        assert await school_facts.kalender(conn, A, year) is None
        assert await school_facts.put_kalender(conn, A, year, autumn, LAS, NOW) is Put.NEW
        assert await school_facts.kalender(conn, A, year) == autumn
        assert await school_facts.put_kalender(conn, A, year, autumn, LAS, NOW) is Put.UNCHANGED
        assert await school_facts.kalender(conn, A, year) == autumn
        assert await school_facts.put_kalender(conn, A, year, (), LAS, NOW) is Put.CHANGED
        assert await school_facts.kalender(conn, A, year) == ()
        assert await school_facts.kalender(conn, A, Schooljaar(2027)) is None


async def test_a_school_cannot_put_anything_for_another(gateway: Database) -> None:
    for change in (
        lambda conn: school_facts.put_beleid(conn, B, beleid()),
        lambda conn: school_facts.put_kalender(conn, B, Schooljaar(2026), (), SCHOOL, NOW),
    ):
        with pytest.raises(Refused) as refused:
            async with gateway.transaction(party=SCHOOL, today=TODAY) as conn:
                await change(conn)
        assert refused.value.code is Code.GEEN_MANDAAT
