"""One acceptance: one effect however often and at once it is asked for, all of it or nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from exchange.errors import Code, Fault, Refused, Unavailable
from exchange.policy.status import Status
from exchange.storage import acceptance, log, mailbox
from exchange.storage.database import Connection, Database
from exchange.storage.rows import MessageRow
from exchange.values import replace
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import LAS, LEERPLICHT, NOW, SCHOOL, TODAY


@pytest.fixture(scope="module", autouse=True)
async def everybody(operator: Database) -> None:
    await make.connect_everybody(operator)


async def rows_about(fresh: TestDatabase, table: str, bericht_id: UUID) -> int:
    async with fresh.raw() as root:
        found = await root.fetchval(
            f"SELECT count(*) FROM {table} WHERE bericht_id = $1",  # noqa: S608
            bericht_id,
        )
    return int(found)


async def test_fifty_requests_with_one_key_have_one_effect(
    fresh: TestDatabase, gateway: Database
) -> None:
    key = make.digest()

    async def request() -> UUID | None:
        row = make.message()
        async with gateway.transaction(party=LAS, today=TODAY) as conn:
            if not await acceptance.claim_idempotency(conn, make.idempotency(key, row.bericht_id)):
                return None
            await asyncio.sleep(0.02)
            await make.write(conn, row, make.parcel(row))
        return row.bericht_id

    won = [
        bericht_id
        for bericht_id in await asyncio.gather(*(request() for _ in range(50)))
        if bericht_id is not None
    ]
    assert len(won) == 1
    for table in ("messages", "outbox", "log_records", "subject_link"):
        assert await rows_about(fresh, table, won[0]) == 1
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        remembered = await acceptance.recall(conn, key)
    assert remembered is not None
    assert remembered.receipt.bericht_id == won[0]


async def test_a_key_whose_first_request_failed_is_free(gateway: Database) -> None:
    key = make.digest()
    first_is_open, second_waits = asyncio.Event(), asyncio.Event()

    async def fails() -> None:
        async with gateway.transaction(party=LAS, today=TODAY) as conn:
            assert await acceptance.claim_idempotency(conn, make.idempotency(key))
            first_is_open.set()
            await second_waits.wait()
            await asyncio.sleep(0.1)
            raise RuntimeError

    async def follows() -> bool:
        await first_is_open.wait()
        async with gateway.transaction(party=LAS, today=TODAY) as conn:
            second_waits.set()
            return await acceptance.claim_idempotency(conn, make.idempotency(key))

    failed, claimed = await asyncio.gather(fails(), follows(), return_exceptions=True)
    assert isinstance(failed, RuntimeError)
    assert claimed is True


async def test_a_key_that_stays_busy_is_said_to_be_busy(gateway: Database) -> None:
    key = make.digest()
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        assert await acceptance.claim_idempotency(conn, make.idempotency(key))
        with pytest.raises(Refused) as refused:
            async with gateway.transaction(party=LAS, today=TODAY) as other:
                await acceptance.claim_idempotency(other, make.idempotency(key))
    assert refused.value.code is Code.IDEMPOTENTIESLEUTEL_BEZIG


async def test_an_unknown_key_recalls_nothing(gateway: Database) -> None:
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        assert await acceptance.recall(conn, make.digest()) is None


async def test_recall_gives_the_receipt_back_to_whoever_may_read_it_today(
    gateway: Database,
) -> None:
    row, key = make.message(), make.digest()
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        await acceptance.claim_idempotency(conn, make.idempotency(key, row.bericht_id))
        await make.write(conn, row, make.parcel(row))
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        remembered = await acceptance.recall(conn, key)
    assert remembered is not None
    assert remembered.status == 202
    assert remembered.receipt.receipt == row.receipt
    assert remembered.receipt.vestigingscode == row.vestigingscode
    assert remembered.receipt.schooljaar == row.schooljaar
    after_the_mandate = TODAY.replace(year=2028)
    with pytest.raises(Refused) as refused:
        async with gateway.transaction(party=LAS, today=after_the_mandate) as conn:
            await acceptance.recall(conn, key)
    assert refused.value.code is Code.GEEN_MANDAAT


async def test_the_same_message_twice_is_one_message(gateway: Database) -> None:
    same = make.digest()

    async def report() -> tuple[UUID, UUID | None]:
        row = make.message()
        async with gateway.transaction(party=LAS, today=TODAY) as conn:
            other = await acceptance.claim_natural_key(conn, same, row.bericht_id)
            await asyncio.sleep(0.02)
            if other is None:
                await make.write(conn, row, make.parcel(row))
        return row.bericht_id, other

    reports = await asyncio.gather(*(report() for _ in range(20)))
    accepted = [bericht_id for bericht_id, other in reports if other is None]
    assert len(accepted) == 1
    assert {other for _, other in reports if other} == set(accepted)
    async with gateway.transaction() as conn:
        assert await acceptance.reported_as(conn, same) == accepted[0]
        assert await acceptance.reported_as(conn, make.digest()) is None


async def test_a_natural_key_without_its_message_cannot_be_committed(gateway: Database) -> None:
    with pytest.raises(Fault):
        async with gateway.transaction(party=LAS, today=TODAY) as conn:
            await acceptance.claim_natural_key(conn, make.digest(), uuid7())


async def test_what_cannot_be_logged_is_not_accepted(
    fresh: TestDatabase, gateway: Database
) -> None:
    row, key = make.message(), make.idempotency()

    async def accept() -> None:
        async with gateway.transaction(party=LAS, today=TODAY) as conn:
            assert await acceptance.claim_idempotency(conn, key)
            await make.write(conn, row, make.parcel(row))

    async with fresh.raw() as root:
        await root.execute("REVOKE INSERT ON log_records FROM verzuim_api")
        try:
            with pytest.raises(Unavailable) as refused:
                await accept()
        finally:
            await root.execute("GRANT INSERT ON log_records TO verzuim_api")
    assert refused.value.code is Code.LOGBOEK_ONBESCHIKBAAR
    assert await nothing_of(fresh, row)
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        assert await acceptance.recall(conn, key.key_digest) is None


@pytest.mark.parametrize("poison", ["refused by the server", "refused by the driver"])
async def test_who_swallows_a_failed_record_still_cannot_commit(
    fresh: TestDatabase, gateway: Database, poison: str
) -> None:
    row = make.message()
    hash_: Any = b"short" if "server" in poison else 42
    bad = replace(make.record(row), leaf_hash=hash_)

    async def swallow(then: Callable[[Connection], Awaitable[None]]) -> None:
        async with gateway.transaction(party=LAS, today=TODAY) as conn:
            await acceptance.insert_message(conn, row)
            with pytest.raises(Unavailable):
                await log.append(conn, bad, [make.link()])
            await then(conn)

    async def go_on(conn: Connection) -> None:
        await acceptance.insert_parcels(conn, [make.parcel(row)])

    async def stop(conn: Connection) -> None:
        pass

    for then in (go_on, stop):
        with pytest.raises(Fault):
            await swallow(then)
    assert await nothing_of(fresh, row)


async def nothing_of(fresh: TestDatabase, row: MessageRow) -> bool:
    tables = ("messages", "outbox", "log_records", "subject_link")
    return not any([await rows_about(fresh, table, row.bericht_id) for table in tables])


async def test_a_batch_has_one_record_and_a_link_per_pupil(
    fresh: TestDatabase, gateway: Database
) -> None:
    row = make.message(soort="verzuimregistraties")
    links = [make.link() for _ in range(2000)]
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        await acceptance.insert_message(conn, row)
        await log.append(conn, make.record(row), links)
    assert await rows_about(fresh, "log_records", row.bericht_id) == 1
    assert await rows_about(fresh, "subject_link", row.bericht_id) == len(links)


async def test_an_earlier_message_shows_what_a_successor_must_know(gateway: Database) -> None:
    pupil = make.digest()
    row = await make.accept(gateway, pupil=pupil)
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        earlier = await acceptance.earlier_message(conn, row.bericht_id)
        assert await acceptance.earlier_message(conn, uuid7()) is None
    assert earlier is not None
    assert (earlier.soort, earlier.periode) == ("signaal", row.periode)
    assert (earlier.recipient, earlier.recipient_status) == (LEERPLICHT, Status.WACHTEND)
    assert earlier.blind_index == pupil
    assert earlier.withdrawn_at is None
    async with gateway.transaction(party=make.oin(999), today=TODAY) as conn:
        assert await acceptance.earlier_message(conn, row.bericht_id) is None


async def test_a_withdrawal_before_the_download_leaves_no_payload(
    fresh: TestDatabase, gateway: Database
) -> None:
    same, row, by = make.digest(), make.message(), make.message(soort="intrekking")
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        await acceptance.claim_natural_key(conn, same, row.bericht_id)
        await make.write(conn, row, make.parcel(row, push=True))
    async with gateway.transaction(party=SCHOOL, today=TODAY) as conn:
        withdrawal = await acceptance.withdraw(conn, row.bericht_id, by=by.bericht_id, at=NOW)
        await acceptance.insert_message(conn, by)
    assert withdrawal is not None
    assert not withdrawal.was_fetched
    assert [parcel.status for parcel in withdrawal.parcels] == [Status.WACHTEND]
    async with fresh.raw() as root:
        left = await root.fetchrow("SELECT * FROM outbox WHERE bericht_id = $1", row.bericht_id)
    assert (left["status"], left["payload"], left["push_status"]) == ("ingetrokken", None, "geen")
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        assert await acceptance.reported_as(conn, same) is None
        again = await acceptance.withdraw(conn, row.bericht_id, by=uuid7(), at=NOW)
        assert again is None
        told = await acceptance.withdrawal_of(conn, row.bericht_id)
    assert told is not None
    assert (told.bericht_id, told.receipt) == (by.bericht_id, by.receipt)


async def test_nobody_withdraws_the_message_of_another_school(
    fresh: TestDatabase, gateway: Database
) -> None:
    row = await make.accept(gateway, make.B)
    for party in (SCHOOL, LEERPLICHT, make.FG, None):
        async with gateway.transaction(party=party, today=TODAY) as conn:
            assert await acceptance.withdraw(conn, row.bericht_id, by=uuid7(), at=NOW) is None
    async with fresh.raw() as root:
        status = await root.fetchval(
            "SELECT status FROM outbox WHERE bericht_id = $1", row.bericht_id
        )
    assert status == "wachtend"


async def test_a_withdrawal_and_a_download_at_once_never_lose_the_follow_up(
    gateway: Database,
) -> None:
    """Whoever read the message is told; whoever withdrew it first leaves nothing to read."""
    outcomes = []
    for number in range(30):
        row = await make.accept(gateway)

        async def download(row: MessageRow = row, pause: float = number % 3 * 0.002) -> bool:
            await asyncio.sleep(pause)
            async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
                parcel = await mailbox.fetch_parcel(conn, LEERPLICHT, row.bericht_id, NOW)
                assert parcel is not None
                if parcel.payload is None:
                    assert parcel.status is Status.INGETROKKEN
                    return False
            return True

        async def withdraw(row: MessageRow = row, pause: float = number % 5 * 0.001) -> bool:
            await asyncio.sleep(pause)
            async with gateway.transaction(party=LAS, today=TODAY) as conn:
                found = await acceptance.withdraw(conn, row.bericht_id, by=uuid7(), at=NOW)
                assert found is not None
            return found.was_fetched

        was_read, follow_up = await asyncio.gather(download(), withdraw())
        assert was_read is follow_up
        outcomes.append(was_read)
    assert len(outcomes) == 30


async def test_a_withdrawal_waits_for_the_download_it_meets(gateway: Database) -> None:
    row = await make.accept(gateway)

    async def withdraw() -> bool:
        async with gateway.transaction(party=LAS, today=TODAY) as conn:
            found = await acceptance.withdraw(conn, row.bericht_id, by=uuid7(), at=NOW)
        return found is not None and found.was_fetched

    async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
        assert await mailbox.fetch_parcel(conn, LEERPLICHT, row.bericht_id, NOW)
        withdrawing = asyncio.create_task(withdraw())
        await asyncio.sleep(0.1)
        assert not withdrawing.done()
    assert await withdrawing is True


async def test_ten_withdrawals_at_once_are_one(gateway: Database) -> None:
    row = await make.accept(gateway)

    async def withdraw() -> bool:
        async with gateway.transaction(party=LAS, today=TODAY) as conn:
            found = await acceptance.withdraw(conn, row.bericht_id, by=uuid7(), at=NOW)
        return found is not None

    assert sum(await asyncio.gather(*(withdraw() for _ in range(10)))) == 1


async def test_a_report_and_a_withdrawal_at_once_do_not_deadlock(gateway: Database) -> None:
    for _ in range(10):
        row = await make.accept(gateway)

        async def report(row: MessageRow = row) -> None:
            async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
                await mailbox.lock_parcel(conn, LEERPLICHT, row.bericht_id)
                await asyncio.sleep(0.01)
                await mailbox.add_terugmelding(conn, make.terugmelding(row))

        async def withdraw(row: MessageRow = row) -> None:
            async with gateway.transaction(party=LAS, today=TODAY) as conn:
                assert await acceptance.withdraw(conn, row.bericht_id, by=uuid7(), at=NOW)

        await asyncio.gather(report(), withdraw())


async def test_a_failure_anywhere_leaves_nothing_of_the_acceptance(
    fresh: TestDatabase, gateway: Database
) -> None:
    """Cut between every two steps: none of them shows."""

    def steps(row: MessageRow) -> list[Callable[[Connection], Awaitable[object]]]:
        key = make.idempotency(bericht_id=row.bericht_id)
        return [
            lambda conn: acceptance.claim_idempotency(conn, key),
            lambda conn: acceptance.claim_natural_key(conn, make.digest(), row.bericht_id),
            lambda conn: acceptance.insert_message(conn, row),
            lambda conn: acceptance.insert_parcels(conn, [make.parcel(row)]),
            lambda conn: log.append(conn, make.record(row), [make.link()]),
        ]

    async def cut_after(count: int, row: MessageRow) -> None:
        async with gateway.transaction(party=LAS, today=TODAY) as conn:
            for step in steps(row)[:count]:
                await step(conn)
            raise RuntimeError

    for count in range(6):
        row = make.message()
        with pytest.raises(RuntimeError):
            await cut_after(count, row)
        assert await nothing_of(fresh, row)
        for table in ("idempotency", "natural_keys"):
            assert await rows_about(fresh, table, row.bericht_id) == 0
