"""The commit lane: what goes together leaves what each would leave alone, or nothing."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from exchange.messages.identifiers import Periode
from exchange.storage import acceptance, log, tally
from exchange.storage.commit_lane import CommitLane
from exchange.storage.database import Connection, Database
from exchange.storage.rows import Acceptance
from exchange.values import replace
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import LAS, LEERPLICHT, OTHER_LEERPLICHT, TODAY, A, B

WRITTEN = (
    "idempotency",
    "natural_keys",
    "messages",
    "tally_due",
    "outbox",
    "log_records",
    "log_pending",
    "subject_link",
)
GATEWAY = "exchange_gateway"


@pytest.fixture(autouse=True)
async def nothing_yet(fresh: TestDatabase) -> None:
    """Every test starts with tables that no earlier one wrote in."""
    async with fresh.raw() as root:
        await root.execute(f"TRUNCATE {', '.join(WRITTEN)} CASCADE")


def one(key: bytes | None = None, same: bytes | None = None, *, push: bool = False) -> Acceptance:
    """Give the rows of a signaal with one parcel about one pupil."""
    message = make.message(random.choice([A, B]), periode=random.choice(MONTHS))
    parcel = make.parcel(message, random.choice([LEERPLICHT, OTHER_LEERPLICHT]), push=push)
    return Acceptance(
        key=make.idempotency(key, message.bericht_id),
        same_again=same,
        message=message,
        parcels=(parcel,),
        log=make.record(message, recipient=parcel.recipient),
        links=(make.link(message.vestigingscode),),
    )


MONTHS = (Periode(2026, 9), Periode(2026, 10), Periode(2026, 11))


async def together(lane: CommitLane, acceptances: Iterable[Acceptance]) -> list[bool]:
    """Send all at the same moment."""
    return await asyncio.gather(*(lane.commit(each, lambda: None) for each in acceptances))


async def alone(database: Database, each: Acceptance) -> None:
    """Write one as the way alone does, in a transaction of its own."""
    message = each.message
    async with database.transaction(party=LAS, today=TODAY) as conn:
        assert await acceptance.claim_idempotency(conn, each.key)
        if each.same_again is not None:
            number = message.bericht_id
            assert await acceptance.claim_natural_key(conn, each.same_again, number) is None
        await acceptance.insert_message(conn, message)
        await tally.mark(conn, [(message.vestigingscode, message.periode)])
        await acceptance.insert_parcels(conn, each.parcels)
        await log.append(conn, each.log, each.links)


async def contents(fresh: TestDatabase) -> dict[str, list[dict[str, Any]]]:
    """Give every column of every row of every table that anybody wrote in, but for running ids."""
    async with fresh.raw() as root:
        tables = await root.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        )
        found = {}
        for (table,) in tables:
            rows = await root.fetch(f"SELECT to_jsonb(t) - 'id' AS row FROM {table} t")  # noqa: S608
            found[table] = sorted((json.loads(row["row"]) for row in rows), key=json.dumps)
    found["tally_due"] = [dict(due) for due in {tuple(row.items()) for row in found["tally_due"]}]
    found["tally_due"].sort(key=json.dumps)
    return found


async def numbers(fresh: TestDatabase, table: str) -> list[UUID]:
    """Give which messages have rows in a table, as often as they have."""
    async with fresh.raw() as root:
        rows = await root.fetch(f"SELECT bericht_id FROM {table} ORDER BY 1")  # noqa: S608
    return [row["bericht_id"] for row in rows]


async def require_exactly(fresh: TestDatabase, written: Sequence[Acceptance]) -> None:
    """See that the tables hold the rows of these, each once, and nothing of any other."""
    expected = sorted(each.message.bericht_id for each in written)
    for table in ("messages", "idempotency", "outbox", "log_records", "subject_link"):
        assert await numbers(fresh, table) == expected, table
    said = sorted(each.message.bericht_id for each in written if each.same_again is not None)
    assert await numbers(fresh, "natural_keys") == said
    async with fresh.raw() as root:
        pending = await root.fetch("SELECT entry FROM log_pending ORDER BY 1")
        due = await root.fetch("SELECT DISTINCT vestigingscode, periode FROM tally_due")
    assert [row["entry"] for row in pending] == sorted(each.log.entry for each in written)
    assert {tuple(row) for row in due} == {
        (each.message.vestigingscode.reveal(), str(each.message.periode)) for each in written
    }


async def test_the_lane_writes_column_by_column_what_is_written_alone(
    fresh: TestDatabase, gateway: Database
) -> None:
    acceptances = [
        one(push=True),
        one(same=make.digest()),
        replace(one(), parcels=()),
        replace(one(), links=()),
        *(one(same=make.digest(), push=n % 2 == 0) for n in range(10)),
    ]
    assert all(await together(CommitLane(gateway), acceptances))
    with_others = await contents(fresh)
    async with fresh.raw() as root:
        await root.execute(f"TRUNCATE {', '.join(WRITTEN)} CASCADE")
    for each in acceptances:
        await alone(gateway, each)
    assert with_others == await contents(fresh)
    assert len(with_others["messages"]) == len(acceptances)
    assert len(with_others["outbox"]) == len(with_others["subject_link"]) == len(acceptances) - 1


async def test_many_at_once_are_one_transaction_whoever_sends_them(
    fresh: TestDatabase, gateway: Database
) -> None:
    lane = CommitLane(gateway)
    acceptances = [
        replace(each, message=replace(each.message, sender=make.oin(100 + number)))
        for number, each in enumerate([one() for _ in range(200)])
    ]
    assert all(await together(lane, acceptances))
    async with fresh.raw() as root:
        transactions = await root.fetchval("SELECT count(DISTINCT xmin::text) FROM messages")
    assert transactions == 1
    await require_exactly(fresh, acceptances)


@pytest.mark.parametrize("same", ["key", "natural key", "both"])
async def test_who_is_late_goes_alone_and_its_neighbours_do_not(
    fresh: TestDatabase, gateway: Database, same: str
) -> None:
    first = one(make.digest(), make.digest())
    await alone(gateway, first)
    late = one(
        first.key.key_digest if same != "natural key" else None,
        first.same_again if same != "key" else make.digest(),
    )
    neighbours = [one(same=make.digest()) for _ in range(4)]
    answers = await together(CommitLane(gateway), [*neighbours[:2], late, *neighbours[2:]])
    assert answers == [True, True, False, True, True]
    await require_exactly(fresh, [first, *neighbours])


async def test_who_is_overtaken_between_two_attempts_goes_alone_too(
    fresh: TestDatabase, gateway: Database
) -> None:
    """The first attempt finds one key taken; before the second somebody takes another."""
    taken = [one(make.digest()), one(make.digest())]
    late = [one(each.key.key_digest) for each in taken]

    class Overtaking(Database):
        @asynccontextmanager
        async def batch(self) -> AsyncIterator[Any]:
            await alone(gateway, taken[len(seen)])
            seen.append(self)
            async with gateway.batch() as driver:
                yield driver

    seen: list[Database] = []
    lane = CommitLane(Overtaking(fresh.url))
    assert await together(lane, [*late, one()]) == [False] * 3
    assert len(seen) == len(taken)
    await require_exactly(fresh, taken)


@pytest.mark.parametrize("same", ["key", "natural key"])
async def test_of_twins_in_one_run_the_first_is_written(
    fresh: TestDatabase, gateway: Database, same: str
) -> None:
    digest = make.digest()
    twins = [one(*((digest,) if same == "key" else (None, digest))) for _ in range(5)]
    assert await together(CommitLane(gateway), twins) == [True, False, False, False, False]
    await require_exactly(fresh, twins[:1])


async def test_with_one_poisoned_row_nothing_is_written_and_all_go_alone(
    fresh: TestDatabase, gateway: Database
) -> None:
    fine = [one(same=make.digest()) for _ in range(3)]
    poisons = {
        "idempotency": replace(one(), key=make.idempotency(b"short")),
        "natural_keys": one(same=b"short"),
        "messages": replace(one(), message=replace(one().message, digest=b"short")),
        "outbox": replace(one(), parcels=(replace(make.parcel(one().message), rol="nobody"),)),
        "outbox without message": replace(one(), parcels=(make.parcel(make.message()),)),
        "log_records": replace(one(), log=replace(make.record(), leaf_hash=b"short")),
        "subject_link": replace(one(), links=(replace(make.link(), salt=b"short"),)),
    }
    for name, poison in poisons.items():
        answers = await together(CommitLane(gateway), [*fine, poison])
        assert answers == [False] * 4, name
        await require_exactly(fresh, [])
    assert all(await together(CommitLane(gateway), fine))


async def test_a_value_that_the_driver_refuses_costs_nobody_the_connection(
    fresh: TestDatabase,
) -> None:
    bad = one()
    no_bytes: Any = 42
    bad = replace(bad, message=replace(bad.message, receipt=no_bytes))
    async with fresh.login(GATEWAY, pool_size=1) as database:
        lane = CommitLane(database)
        assert await together(lane, [one(), bad]) == [False, False]
        assert await together(lane, [one(), one()]) == [True, True]


@pytest.mark.parametrize("table", WRITTEN)
async def test_an_error_that_the_database_throws_leaves_nothing_and_passes(
    fresh: TestDatabase, gateway: Database, table: str
) -> None:
    lane, acceptances = CommitLane(gateway), [one(same=make.digest()) for _ in range(3)]
    async with fresh.raw() as root:
        await root.execute(
            "CREATE FUNCTION thrown() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN RAISE EXCEPTION ''thrown''; END'"
        )
        await root.execute(
            f"CREATE TRIGGER thrown AFTER INSERT ON {table} EXECUTE FUNCTION thrown()"
        )
        try:
            assert await together(lane, acceptances) == [False] * 3
        finally:
            await root.execute("DROP FUNCTION thrown CASCADE")
    await require_exactly(fresh, [])
    assert all(await together(lane, acceptances))


async def test_without_a_database_all_go_alone_and_the_lane_returns_by_itself(
    fresh: TestDatabase,
) -> None:
    async with fresh.login(GATEWAY) as database:
        lane, acceptances = CommitLane(database), [one() for _ in range(3)]
        async with fresh.raw() as root:
            name = await root.fetchval("SELECT current_database()")
            await root.execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
            try:
                assert await together(lane, acceptances) == [False] * 3
            finally:
                await root.execute(f"GRANT CONNECT ON DATABASE {name} TO PUBLIC")
        assert all(await together(lane, acceptances))


async def test_a_key_that_somebody_holds_keeps_no_neighbour_waiting(
    fresh: TestDatabase, gateway: Database
) -> None:
    held, neighbours, lane = one(), [one() for _ in range(3)], CommitLane(gateway)

    class ChangesItsMindError(Exception):
        pass

    async def hold_meanwhile(conn: Connection) -> None:
        assert await acceptance.claim_idempotency(conn, make.idempotency(held.key.key_digest))
        assert await together(lane, [held, *neighbours]) == [False] * 4
        assert all(await together(lane, neighbours))
        raise ChangesItsMindError

    with pytest.raises(ChangesItsMindError):
        async with gateway.transaction() as conn:
            await hold_meanwhile(conn)
    assert await together(lane, [held]) == [True]
    await require_exactly(fresh, [held, *neighbours])


async def test_it_is_told_of_each_that_stands_before_the_commit_and_of_no_other(
    fresh: TestDatabase, gateway: Database
) -> None:
    key = make.digest()
    acceptances = [one(key), one(key), one()]
    told: list[int] = []

    async def commit(number: int) -> bool:
        return await lane.commit(acceptances[number], lambda: told.append(number))

    lane = CommitLane(gateway)
    assert await asyncio.gather(*map(commit, range(3))) == [True, False, True]
    assert told == [0, 2]


async def test_what_fails_just_before_the_commit_is_not_committed(
    fresh: TestDatabase, gateway: Database
) -> None:
    def fails() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await CommitLane(gateway).commit(one(), fails)
    await require_exactly(fresh, [])


async def test_a_notice_goes_out_once_and_only_for_what_has_to_be_pushed(
    fresh: TestDatabase, gateway: Database
) -> None:
    heard: list[object] = []
    async with fresh.raw() as ears:
        await ears.add_listener("outbox", lambda *_: heard.append(1))
        await together(CommitLane(gateway), [one() for _ in range(3)])
        await ears.execute("SELECT 1")
        assert heard == []
        await together(CommitLane(gateway), [one(push=n > 0) for n in range(3)])
        await ears.execute("SELECT 1")
        assert heard == [1]


@pytest.mark.parametrize("seed", range(6))
async def test_two_gateways_that_want_the_same_keys_give_each_to_one(
    fresh: TestDatabase, seed: int
) -> None:
    chance = random.Random(seed)
    keys = [make.digest() for _ in range(12)]
    said = [make.digest() for _ in range(12)]
    async with fresh.login(GATEWAY) as first, fresh.login(GATEWAY) as second:
        lanes = CommitLane(first), CommitLane(second)
        rounds = [
            [one(chance.choice(keys), chance.choice([None, *said])) for _ in range(16)]
            for _ in range(6)
        ]
        answers = await asyncio.gather(
            *(together(lanes[number % 2], some) for number, some in enumerate(rounds))
        )
    written = [
        each
        for some, some_answers in zip(rounds, answers, strict=True)
        for each, answer in zip(some, some_answers, strict=True)
        if answer
    ]
    assert written
    assert len({each.key.key_digest for each in written}) == len(written)
    await require_exactly(fresh, written)


async def test_a_run_that_is_cut_off_by_the_end_of_the_gateway_writes_all_or_nothing(
    fresh: TestDatabase,
) -> None:
    async with fresh.login(GATEWAY) as database:
        before = asyncio.all_tasks()
        acceptances = [one(same=make.digest()) for _ in range(20)]
        waiting = asyncio.create_task(together(CommitLane(database), acceptances))
        for _ in range(random.randrange(40)):
            await asyncio.sleep(0)
        for task in asyncio.all_tasks() - before:
            task.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        async with database.transaction() as conn:
            assert conn is not None
    found = await numbers(fresh, "messages")
    assert found in ([], sorted(each.message.bericht_id for each in acceptances))
    await require_exactly(fresh, acceptances if found else [])
