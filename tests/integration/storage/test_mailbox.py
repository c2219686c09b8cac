"""A parcel's way through the mailbox, and what the school reads of it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest
from uuid_utils.compat import uuid7

from exchange.errors import Fault
from exchange.messages.identifiers import Periode
from exchange.policy.status import MailboxStatus, Status
from exchange.storage import acceptance, mailbox
from exchange.storage.database import Connection, Database
from exchange.storage.rows import MessageRow, StoredParcel
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import LAS, LEERPLICHT, NOW, OTHER_LEERPLICHT, SCHOOL, TODAY

LATER = NOW + timedelta(days=1)


@pytest.fixture(scope="module", autouse=True)
async def everybody(operator: Database) -> None:
    await make.connect_everybody(operator)


async def locked(gateway: Database, row: MessageRow) -> StoredParcel:
    async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
        parcel = await mailbox.lock_parcel(conn, LEERPLICHT, row.bericht_id)
    assert parcel is not None
    return parcel


async def test_a_parcel_comes_out_as_it_went_in(gateway: Database) -> None:
    row, pupil = make.message(), make.digest()
    sealed = make.parcel(row)
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        await make.write(conn, row, sealed, pupil)
    parcel = await locked(gateway, row)
    for name in ("rol", "recipient", "vestigingscode", "schooljaar", "purpose", "kid", "payload"):
        assert getattr(parcel, name) == getattr(sealed, name)
    assert (parcel.status, parcel.blind_index) == (Status.WACHTEND, pupil)
    assert "payload" not in repr(parcel)


async def test_a_download_takes_a_parcel_as_it_was_before(gateway: Database) -> None:
    row = await make.accept(gateway)
    waiting = await locked(gateway, row)
    for before in (waiting, replace(waiting, status=Status.AFGELEVERD, fetched_at=NOW)):
        async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
            taken = await mailbox.fetch_parcel(conn, LEERPLICHT, row.bericht_id, NOW)
        assert taken == before


async def test_a_look_finds_what_a_lock_would_and_only_for_its_recipient(
    gateway: Database,
) -> None:
    row = await make.accept(gateway)
    for _ in range(8):  # so often that one plan is kept
        found = await mailbox.find_parcel(gateway, LEERPLICHT, TODAY, row.bericht_id)
        assert found == await locked(gateway, row)
        for other in (OTHER_LEERPLICHT, LAS, SCHOOL):
            assert await mailbox.find_parcel(gateway, other, TODAY, row.bericht_id) is None


async def test_nobody_takes_another_recipients_parcel(gateway: Database) -> None:
    row = await make.accept(gateway)
    async with gateway.transaction(party=OTHER_LEERPLICHT, today=TODAY) as conn:
        for whose in (OTHER_LEERPLICHT, LEERPLICHT):
            assert await mailbox.fetch_parcel(conn, whose, row.bericht_id, NOW) is None
    assert (await locked(gateway, row)).status is Status.WACHTEND


async def test_nobody_locks_another_recipients_parcel(gateway: Database) -> None:
    row = await make.accept(gateway)
    async with gateway.transaction(party=OTHER_LEERPLICHT, today=TODAY) as conn:
        assert await mailbox.lock_parcel(conn, OTHER_LEERPLICHT, row.bericht_id) is None
        assert await mailbox.lock_parcel(conn, LEERPLICHT, row.bericht_id) is None
        assert await mailbox.lock_parcel(conn, OTHER_LEERPLICHT, uuid7()) is None


async def test_a_download_is_noted_once_and_calls_off_the_notice(
    fresh: TestDatabase, gateway: Database
) -> None:
    row = await make.accept(gateway, push=True)
    for at in (NOW, LATER):
        async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
            await mailbox.fetch_parcel(conn, LEERPLICHT, row.bericht_id, at)
    parcel = await locked(gateway, row)
    assert (parcel.status, parcel.fetched_at) == (Status.AFGELEVERD, NOW)
    async with fresh.raw() as root:
        push = await root.fetchval(
            "SELECT push_status FROM outbox WHERE bericht_id = $1", row.bericht_id
        )
    assert push == "geen"


async def test_an_acknowledged_message_stays_and_is_handled_step_by_step(
    gateway: Database,
) -> None:
    row = await make.accept(gateway)
    async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
        await mailbox.fetch_parcel(conn, LEERPLICHT, row.bericht_id, NOW)
        await mailbox.mark_acknowledged(conn, row.bericht_id, "leerplicht", LATER)
        await mailbox.set_handling(conn, row.bericht_id, "leerplicht", "in-behandeling")
        await mailbox.fetch_parcel(conn, LEERPLICHT, row.bericht_id, LATER)
    parcel = await locked(gateway, row)
    assert (parcel.status, parcel.acknowledged_at) == (Status.BEVESTIGD, LATER)
    assert parcel.handling == "in-behandeling"
    assert parcel.payload is not None


async def test_a_refused_message_is_destroyed(gateway: Database) -> None:
    row = await make.accept(gateway)
    async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
        await mailbox.fetch_parcel(conn, LEERPLICHT, row.bericht_id, NOW)
        await mailbox.mark_refused(conn, row.bericht_id, "leerplicht", "NIET_WOONACHTIG", NOW)
    parcel = await locked(gateway, row)
    assert (parcel.status, parcel.refusal) == (Status.GEWEIGERD, "NIET_WOONACHTIG")
    assert parcel.payload is None


async def test_steps_that_do_not_follow_are_our_own_fault(gateway: Database) -> None:
    row = await make.accept(gateway)
    bericht_id = row.bericht_id
    steps: list[Callable[[Connection], Awaitable[None]]] = [
        lambda conn: mailbox.mark_acknowledged(conn, bericht_id, "leerplicht", NOW),
        lambda conn: mailbox.mark_refused(conn, bericht_id, "leerplicht", "ONJUIST_BERICHT", NOW),
        lambda conn: mailbox.set_handling(conn, bericht_id, "leerplicht", "in-behandeling"),
    ]
    for step in steps:
        with pytest.raises(Fault):
            async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
                await step(conn)
    assert (await locked(gateway, row)).status is Status.WACHTEND


@pytest.mark.parametrize(
    "impossible",
    [
        "payload = NULL",
        "erased_at = now()",
        "status = 'onbekend'",
        "status = 'bevestigd'",
        "status = 'bevestigd', acknowledged_at = now()",
        "status = 'afgeleverd'",
        "status = 'geparkeerd'",
        "status = 'ingetrokken'",
        "status = 'vervallen'",
        "status = 'geweigerd', fetched_at = now(), payload = NULL, erased_at = now()",
        "fetched_at = now()",
        "handling = 'in-behandeling'",
        "refusal = 'NIET_WOONACHTIG'",
        "push_status = 'wachtend'",
        "push_lease_until = now()",
    ],
)
async def test_the_table_refuses_a_state_that_cannot_be(
    fresh: TestDatabase, gateway: Database, impossible: str
) -> None:
    row = await make.accept(gateway)
    async with fresh.raw() as root:
        with pytest.raises(asyncpg.CheckViolationError):
            await root.execute(
                f"UPDATE outbox SET {impossible} WHERE bericht_id = $1",  # noqa: S608
                row.bericht_id,
            )


async def mailbox_of_five(gateway: Database, operator: Database) -> list[UUID]:
    """A recipient with two new messages, one acknowledged, one refused and one withdrawn."""
    rows = [await make.accept(gateway, recipient=OTHER_LEERPLICHT) for _ in range(5)]
    ids = [row.bericht_id for row in rows]
    async with gateway.transaction(party=OTHER_LEERPLICHT, today=TODAY) as conn:
        for bericht_id in ids[1:4]:
            await mailbox.fetch_parcel(conn, OTHER_LEERPLICHT, bericht_id, NOW)
        await mailbox.mark_acknowledged(conn, ids[2], "leerplicht", NOW)
        await mailbox.mark_refused(conn, ids[3], "leerplicht", "ONJUIST_BERICHT", NOW)
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        await acceptance.withdraw(conn, ids[4], by=uuid7(), at=NOW)
    return ids


async def test_a_mailbox_is_listed_by_status_in_order_and_in_pages(
    gateway: Database, operator: Database
) -> None:
    ids = await mailbox_of_five(gateway, operator)

    async def listed(status: MailboxStatus | None, limit: int = 50) -> list[UUID]:
        found: list[UUID] = []
        cursor = None
        while True:
            async with gateway.transaction(party=OTHER_LEERPLICHT, today=TODAY) as conn:
                page = await mailbox.list_parcels(conn, OTHER_LEERPLICHT, status, cursor, limit)
            assert len(page.items) <= limit
            found += [item.bericht_id for item in page.items]
            if page.next_cursor is None:
                return found
            cursor = page.next_cursor

    assert await listed(None) == ids
    for limit in (1, 2, 4, 5):
        assert await listed(None, limit) == ids
    assert await listed(MailboxStatus.NIEUW) == ids[:2]
    assert await listed(MailboxStatus.BEVESTIGD) == [ids[2]]
    assert await listed(MailboxStatus.GEWEIGERD) == [ids[3]]
    assert await listed(MailboxStatus.INGETROKKEN) == [ids[4]]
    assert await listed(MailboxStatus.VERVALLEN) == []


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "AQ==", "é", "A" * 24, "Ag" + "A" * 21, "\0"])
async def test_a_garbled_cursor_is_refused(gateway: Database, cursor: str) -> None:
    with pytest.raises(ValueError, match="no cursor of ours"):
        async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
            await mailbox.list_parcels(conn, LEERPLICHT, None, cursor, 10)


async def test_a_school_reads_receipts_with_the_statuses_of_today(gateway: Database) -> None:
    september, october = Periode(2031, 9), Periode(2031, 10)
    rows = [await make.accept(gateway, periode=p) for p in (september, october, september)]
    async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
        await mailbox.fetch_parcel(conn, LEERPLICHT, rows[0].bericht_id, NOW)
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        await acceptance.withdraw(conn, rows[2].bericht_id, by=uuid7(), at=NOW)
        in_september = await mailbox.list_receipts(conn, make.A, september, None, 10)
        first = await mailbox.list_receipts(conn, make.A, september, None, 1)
        second = await mailbox.list_receipts(conn, make.A, september, first.next_cursor, 1)
        everything = await mailbox.list_receipts(conn, make.A, None, None, 500)
        one = await mailbox.receipt_of(conn, rows[0].bericht_id)
        assert await mailbox.receipt_of(conn, uuid7()) is None
    found = [(r.receipt.bericht_id, r.withdrawn, r.statuses) for r in in_september.items]
    assert found == [
        (rows[0].bericht_id, False, {"leerplicht": Status.AFGELEVERD}),
        (rows[2].bericht_id, True, {"leerplicht": Status.INGETROKKEN}),
    ]
    assert [*first.items, *second.items] == list(in_september.items)
    assert second.next_cursor is None
    assert {row.bericht_id for row in rows} <= {r.receipt.bericht_id for r in everything.items}
    assert one == in_september.items[0]
    async with gateway.transaction(party=make.FG, today=TODAY) as conn:
        hidden = await mailbox.receipt_of(conn, rows[0].bericht_id)
    assert hidden is not None
    assert hidden.statuses == {}


async def test_a_message_without_parcels_has_a_receipt_too(gateway: Database) -> None:
    row = make.message(soort="verzuimregistraties")
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        await acceptance.insert_message(conn, row)
        found = await mailbox.receipt_of(conn, row.bericht_id)
    assert found is not None
    assert found.statuses == {}


async def test_a_school_reads_what_became_of_its_messages(
    gateway: Database, worker: Database
) -> None:
    row = await make.accept(gateway, make.B)
    reports = [
        make.terugmelding(row, "in-behandeling"),
        make.terugmelding(row, "afgesloten", afsluitreden="OVERIG"),
    ]
    async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
        await mailbox.add_terugmelding(conn, *reports)
        assert (await mailbox.list_terugmeldingen(conn, make.B, None, 10)).items == []
    late = make.terugmelding(row, "geparkeerd")
    async with worker.transaction() as conn:
        await mailbox.add_terugmelding(conn, late)
        await mailbox.add_terugmelding(conn)
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        first = await mailbox.list_terugmeldingen(conn, make.B, None, 2)
        rest = await mailbox.list_terugmeldingen(conn, make.B, first.next_cursor, 2)
    assert [*first.items, *rest.items] == [*reports, late]
    async with gateway.transaction(party=SCHOOL, today=TODAY) as conn:
        assert (await mailbox.list_terugmeldingen(conn, make.B, None, 10)).items == []


@pytest.mark.parametrize(
    ("status", "afsluitreden", "reden"),
    [
        ("afgesloten", None, None),
        ("in-behandeling", "OVERIG", None),
        ("geweigerd", None, None),
        ("geparkeerd", None, "NIET_WOONACHTIG"),
        ("onzin", None, None),
    ],
)
async def test_a_report_that_contradicts_itself_is_not_stored(
    gateway: Database, status: str, afsluitreden: str | None, reden: str | None
) -> None:
    row = await make.accept(gateway)
    report = make.terugmelding(row, status, afsluitreden=afsluitreden, reden=reden)
    with pytest.raises(Fault):
        async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
            await mailbox.add_terugmelding(conn, report)
