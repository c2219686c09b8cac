"""What is known round a message, asked for many at once: the same as asked one by one."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from itertools import product

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest
from uuid_utils.compat import uuid7

from exchange.errors import Fault
from exchange.messages.identifiers import Gemeentecode, Oin, Schooljaar, Vestigingscode
from exchange.policy.facts import Verzuimbeleid
from exchange.policy.parties import Dienst, Sector, Vestiging
from exchange.storage import directory, school_facts, surroundings
from exchange.storage.database import Database
from exchange.storage.surroundings import LookUps, Question, Surroundings
from tests.integration.servers import TestDatabase
from tests.integration.storage import make, one_by_one
from tests.integration.storage.make import LAS, LEERPLICHT, NOW, SCHOOL, TODAY, A, B, C
from tests.integration.storage.test_school_facts import beleid

GATEWAY = "exchange_gateway"
SCHOOLS = (A, B, C)
PUPILS = [make.digest() for _ in range(4)]
KEYS = [make.digest() for _ in range(6)]
YEARS = (Schooljaar(2025), Schooljaar(2026))
FIRST = date(2025, 8, 1)
NOTHING = Surroundings()
CHANCE = random.Random(20261122)


@pytest.fixture(scope="module", autouse=True)
async def history(fresh: TestDatabase, operator: Database) -> None:
    """Three schools with policies, calendars, absence and meldingen of the same four pupils."""
    await make.connect_everybody(operator)
    async with operator.transaction() as conn:
        await directory.put_vestigingen(conn, [registered(school) for school in SCHOOLS])
    async with fresh.raw() as root:
        await root.executemany(
            "INSERT INTO idempotency VALUES ($1, $1, gen_random_uuid(), 202, now())",
            [(key,) for key in KEYS[:3]],
        )
        await root.executemany(
            "INSERT INTO verzuimbeleid VALUES ($1, $2, $3, $3, $4, '{}', '{}', $5, '{}',"
            " decode(repeat('00', 33), 'hex'), now(), 'x')",
            [(*school, minuten, ["OPLOPEND"]) for school, minuten in policies()],
        )
        await root.executemany(
            "INSERT INTO schoolkalenders VALUES ($1, $2, $3, now(), 'x')",
            [
                (str(s), y.start, f'[["{y.start}-10-17", "{y.start}-10-25"]]')
                for s, y in calendars()
            ],
        )
        await root.execute(
            "SELECT exchange_open_month((date '2025-08-01' + n * interval '1 month')::date)"
            " FROM generate_series(0, 17) AS n"
        )
        await root.executemany(
            "INSERT INTO registrations VALUES ($1, $2, $3, 'sealed', $4, $5, $6, $7)",
            [absence() for _ in range(3000)],
        )
        await root.executemany(MELDING, [melding(number) for number in range(600)])
        await root.execute("ANALYZE")


def registered(school: Vestigingscode) -> Vestiging:
    return Vestiging(school, Gemeentecode("0361"), Sector.VO, "VO2703", FIRST)


def policies() -> Iterator[tuple[tuple[str, int, date], int]]:
    for school in SCHOOLS[:2]:
        for versie in range(1, 8):
            day = CHANCE.choice([FIRST, date(2026, 8, 1), date(2026, 10, 15)])
            yield (str(school), versie, day), 40 + versie


def calendars() -> list[tuple[Vestigingscode, Schooljaar]]:
    return [(A, YEARS[0]), (A, YEARS[1]), (B, YEARS[1])]


def absence() -> tuple[object, ...]:
    day = FIRST + timedelta(days=CHANCE.randrange(480))
    soort = CHANCE.choice(["ongeoorloofd", "geoorloofd"])
    school, pupil = str(CHANCE.choice(SCHOOLS)), CHANCE.choice(PUPILS)
    return school, day, make.digest(), pupil, CHANCE.randint(1, 300), soort, uuid7()


MELDING = """
    WITH message AS (
        INSERT INTO messages (bericht_id, soort, vestigingscode, schooljaar, periode, event_day,
                              sender, received_at, digest, policy_date, entry, receipt)
        VALUES ($1, 'verzuimmelding', $2, $3, '2026-11', '2026-11-01', 'x', now(),
                decode(repeat('01', 33), 'hex'), '2026-01-01', gen_random_uuid(), 'receipt')
    ), parcel AS (
        INSERT INTO outbox (bericht_id, rol, recipient, soort, vestigingscode, schooljaar, purpose,
                            kid, created_at, status, fetched_at, acknowledged_at, erased_at,
                            refusal)
        VALUES ($1, 'leerplicht', '00000099000000003000', 'verzuimmelding', $2, $3, 'p', 'k', now(),
                CASE WHEN $8 THEN 'geweigerd' ELSE 'bevestigd' END, now(),
                CASE WHEN NOT $8 THEN now() END, now(), CASE WHEN $8 THEN 'ONJUIST_BERICHT' END)
    )
    INSERT INTO telstand VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


def melding(number: int) -> tuple[object, ...]:
    begin = FIRST + timedelta(days=CHANCE.randrange(470))
    school, soort = str(CHANCE.choice(SCHOOLS)), CHANCE.choice(["16-uur", "langdurig", "luxe"])
    eind = begin + timedelta(days=CHANCE.randrange(9))
    year, pupil = Schooljaar.of(begin).start, CHANCE.choice(PUPILS)
    return uuid7(), school, year, pupil, soort, begin, eind, number % 4 == 0


@pytest.fixture
async def one_connection(fresh: TestDatabase) -> AsyncIterator[Database]:
    async with fresh.login(GATEWAY, pool_size=1) as database:
        yield database


def question(chance: random.Random) -> Question:
    """Any question: about a known school or none, with each part asked or not."""
    day = FIRST + timedelta(days=chance.randrange(480))
    year = Schooljaar.of(day)
    key = chance.choice([*KEYS, None])
    if chance.random() < 0.1:
        return Question(key)
    return Question(
        key,
        chance.choice([*SCHOOLS, Vestigingscode("99ZZ00")]),
        beleid_on=chance.choice([day, None]),
        kalender=chance.choice([year, None]),
        pupil=(pupil := chance.choice([*PUPILS, make.digest(), None])),
        schooljaar=year if pupil else None,
        registered=chance.choice([(day - timedelta(days=40), day), (day, FIRST), None]),
    )


def everything(school: Vestigingscode, pupil: bytes = PUPILS[0]) -> Question:
    year = YEARS[1]
    days = (year.first_day, year.last_day)
    return Question(KEYS[0], school, TODAY, year, pupil, year, days)


@pytest.mark.parametrize("at_once", [64, 7, 1])
async def test_asked_together_or_one_by_one_the_answers_are_the_same(
    fresh: TestDatabase, gateway: Database, at_once: int
) -> None:
    look_ups, chance = LookUps(at_once), random.Random(at_once)
    parties = (LAS, SCHOOL, LEERPLICHT, make.oin(999))
    asked = [(chance.choice(parties), question(chance)) for _ in range(150)]
    answers = await asyncio.gather(
        *(look_ups.ask(gateway, party, TODAY, each) for party, each in asked)
    )
    for party in parties:
        async with fresh.raw(GATEWAY, party=party, today=TODAY) as plain:
            for (who, each), answer in zip(asked, answers, strict=True):
                if who == party:
                    assert answer == await one_by_one.surroundings(plain, each)
    assert sum(len(answer.registered) for answer in answers) > 20
    assert sum(len(answer.meldingen) for answer in answers) > 20
    assert {bool(answer.beleid) for answer in answers} == {True, False}
    assert {answer.kalender is None for answer in answers} == {True, False}
    assert {answer.answered for answer in answers} == {True, False}


@pytest.mark.parametrize(
    "setting",
    [
        "plan_cache_mode = force_generic_plan",
        "plan_cache_mode = force_custom_plan",
        "enable_nestloop = off",
        "enable_indexscan = off",
        "enable_material = off",
        "enable_hashjoin = off",
        "enable_partition_pruning = off",
    ],
)
async def test_no_plan_looks_before_it_is_said_who_asks(fresh: TestDatabase, setting: str) -> None:
    chance = random.Random(setting)
    questions = [question(chance) for _ in range(30)] + [everything(s) for s in SCHOOLS]
    async with fresh.raw(GATEWAY) as usual, fresh.raw(GATEWAY) as other:
        await other.execute(f"SET {setting}")
        for party in (LAS, SCHOOL, make.oin(999)):
            asked = (party, TODAY, questions)
            found = await surroundings.look_up(Planned(other), *asked)
            assert found == await surroundings.look_up(Planned(usual), *asked)
            assert any(each.registered for each in found) == (party != make.oin(999))


class Planned(Database):
    """A database of one connection, which plans as that was told to."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self.asked: list[int] = []

    async def ask(
        self, question: str, *facts: object, party: Oin, today: date
    ) -> Sequence[asyncpg.Record]:
        who = (str(party), today.isoformat())
        found: Sequence[asyncpg.Record] = await self._connection.fetch(question, *who, *facts)
        self.asked.append(len(found))
        return found


async def test_a_party_never_sees_what_another_asks_at_the_same_moment(
    one_connection: Database,
) -> None:
    look_ups, questions = LookUps(), [everything(school) for school in SCHOOLS] * 5
    parties = (LAS, SCHOOL, make.oin(999))
    asked = list(product(parties, questions))
    CHANCE.shuffle(asked)
    answers = await asyncio.gather(
        *(look_ups.ask(one_connection, party, TODAY, each) for party, each in asked)
    )
    allowed = {LAS: {A, B}, SCHOOL: {A}, make.oin(999): set()}
    for (party, each), answer in zip(asked, answers, strict=True):
        assert answer.answered  # a key is its caller's own: its digest names the caller
        assert bool(answer.beleid) == (each.vestiging in allowed[party])
        assert bool(answer.kalender) == (each.vestiging in allowed[party])
        assert bool(answer.registered) == (each.vestiging in allowed[party])
        assert bool(answer.meldingen) == (each.vestiging in allowed[party])


@pytest.mark.parametrize(
    ("party", "asked", "seen"),
    [
        (LAS, "", ["99AA00", "99BB00"]),
        (LAS, "99AA00", ["99AA00"]),
        (LAS, "99AA00 99CC00", ["99AA00"]),
        (LAS, "99CC00", []),
        (SCHOOL, "99AA00 99BB00", ["99AA00"]),
        (make.oin(999), "99AA00 99BB00 99CC00", []),
        ("", "99AA00", []),
    ],
)
async def test_to_name_a_vestiging_shows_no_more_than_was_seen_before(
    fresh: TestDatabase, party: object, asked: str, seen: list[str]
) -> None:
    async with fresh.raw(GATEWAY, party=party, today=TODAY) as conn:
        await conn.execute("SELECT set_config('exchange.asked', $1, false)", asked)
        rows = await conn.fetch("SELECT DISTINCT vestigingscode FROM registrations ORDER BY 1")
    assert [row[0] for row in rows] == seen


async def test_who_comes_while_another_asks_is_asked_for_together(fresh: TestDatabase) -> None:
    look_ups = LookUps(at_once=32)
    async with fresh.raw(GATEWAY) as conn:
        database = Planned(conn)
        await asyncio.gather(
            *(look_ups.ask(database, LAS, TODAY, everything(A)) for _ in range(100))
        )
    assert database.asked == [32, 32, 32, 4]


async def test_who_asked_is_forgotten_when_the_answer_is_there(one_connection: Database) -> None:
    (found,) = await surroundings.look_up(one_connection, LAS, TODAY, [everything(A)])
    assert found.beleid
    async with one_connection.transaction() as conn:  # the same connection, in nobody's name
        assert await school_facts.kalender(conn, A, YEARS[1]) is None
    async with one_connection.transaction(party=SCHOOL, today=TODAY) as conn:
        assert await school_facts.kalender(conn, A, YEARS[1])
        assert await school_facts.kalender(conn, B, YEARS[1]) is None


async def test_a_mandate_that_ends_between_two_batches_ends_what_is_seen(
    gateway: Database, operator: Database
) -> None:
    supplier, look_ups = make.oin(77), LookUps()
    async with operator.transaction() as conn:
        await directory.add_party(conn, supplier, "las-kort", None, NOW)
        for school in (B, C):
            await directory.add_mandate(conn, uuid7(), make.mandate(supplier, school))

    async def seen(day: date = TODAY) -> list[bool]:
        answers = await asyncio.gather(
            *(look_ups.ask(gateway, supplier, day, everything(school)) for school in SCHOOLS)
        )
        return [bool(answer.registered and answer.meldingen) for answer in answers]

    assert await seen() == [False, True, True]
    async with operator.transaction() as conn:
        await directory.revoke_mandate(conn, supplier, str(C), Dienst.AANLEVEREN, NOW)
    assert await seen() == [False, True, False]
    assert await seen(date(2027, 8, 1)) == [False, False, False]
    async with operator.transaction() as conn:
        await directory.revoke_party(conn, supplier, NOW)
    assert await seen() == [False, False, False]


async def test_a_policy_rules_from_the_moment_that_it_was_put(gateway: Database) -> None:
    look_ups = LookUps()
    for minuten in (45, 50):
        async with gateway.transaction(party=LAS, today=TODAY) as conn:
            versie, _ = await school_facts.put_beleid(conn, A, beleid(TODAY, minuten))
        found = await look_ups.ask(gateway, LAS, TODAY, Question(vestiging=A, beleid_on=TODAY))
        assert found.beleid == Verzuimbeleid(
            versie, TODAY, minuten, frozenset({"PATROON_VASTE_DAG", "OPLOPEND"})
        )


async def test_a_question_that_fails_fails_nobody_else(gateway: Database) -> None:
    look_ups = LookUps()
    wrong = Question(KEYS[0], A, kalender=Schooljaar(99999))  # no smallint
    asked = [everything(A), wrong, everything(B), wrong, everything(A)]
    first, *answers = await asyncio.gather(
        *(look_ups.ask(gateway, LAS, TODAY, each) for each in asked), return_exceptions=True
    )
    assert [isinstance(answer, Fault) for answer in answers] == [True, False, True, False]
    assert first == answers[-1] == await look_ups.ask(gateway, LAS, TODAY, everything(A))


async def test_a_lane_lasts_as_long_as_somebody_asks(gateway: Database) -> None:
    look_ups = LookUps()

    def ask(party: Oin, day: date) -> asyncio.Task[Surroundings]:
        return asyncio.create_task(look_ups.ask(gateway, party, day, everything(A)))

    asking = [ask(party, TODAY + timedelta(days=n)) for party in (LAS, SCHOOL) for n in (0, 1, 0)]
    await asyncio.sleep(0)
    assert len(look_ups) == 4
    asking[0].cancel()
    with suppress(asyncio.CancelledError):
        await asking[0]
    assert all(await asyncio.gather(*asking[1:]))
    assert len(look_ups) == 0


async def test_nothing_asked_is_nothing_found(gateway: Database) -> None:
    assert await surroundings.look_up(gateway, LAS, TODAY, [Question(), Question()]) == [
        NOTHING,
        NOTHING,
    ]
