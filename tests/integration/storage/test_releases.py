"""Releases as they are kept: numbers without gaps, bytes as they came, each its own part alone."""

import asyncio
import hashlib
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from exchange.errors import Code, Fault, Refused
from exchange.messages.identifiers import Oin
from exchange.storage import leveringen, releases
from exchange.storage.cursors import encode
from exchange.storage.database import Connection, Database
from exchange.storage.release_rows import FileRow, FormKey, FormRow, SealedRow
from tests.integration.api.releases import release_row
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import NOW, TODAY

COLLEGE, SWV = make.oin(70), make.oin(71)
JSON = "application/json"


@pytest.fixture(autouse=True)
async def nothing_released(fresh: TestDatabase) -> None:
    async with fresh.raw() as root:
        await root.execute("TRUNCATE releases CASCADE")


def part(nummer: int, recipient: Oin, body: bytes = b"{}", csp: str | None = None) -> FileRow:
    return FileRow(nummer, recipient, JSON, body, hashlib.sha256(body).digest(), csp)


async def released(conn: Connection, *files: tuple[Oin, bytes], periode: str = "2026-09") -> int:
    nummer = await releases.next_number(conn)
    await releases.insert_release(conn, release_row(nummer, periode, "voorlopig", NOW))
    await releases.insert_files(conn, [part(nummer, oin, body) for oin, body in files])
    return nummer


async def release(operator: Database, *recipients: Oin, periode: str = "2026-09") -> int:
    async with operator.transaction() as conn:
        return await released(conn, *((oin, b"{}") for oin in recipients), periode=periode)


# --- making ---


async def test_releases_made_at_once_are_numbered_without_a_gap(operator: Database) -> None:
    numbers = await asyncio.gather(*(release(operator, COLLEGE) for _ in range(6)))
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]


async def test_a_number_that_was_only_asked_for_leaves_no_gap(operator: Database) -> None:
    async with operator.transaction() as conn:
        assert await releases.next_number(conn) == 1
    assert await release(operator, COLLEGE) == 1
    async with operator.transaction() as conn:
        assert await releases.next_number(conn) == 2


async def test_a_release_that_cannot_be_stored_leaves_nothing_and_no_gap(
    operator: Database,
) -> None:
    wrong = FileRow(1, COLLEGE, JSON, b"{}", b"no digest", None)
    with pytest.raises(Fault):  # noqa: PT012  the transaction is what fails
        async with operator.transaction() as conn:
            await released(conn)
            await releases.insert_files(conn, [wrong])
    async with operator.transaction() as conn:
        assert await releases.archive(conn) == []
    assert await release(operator, COLLEGE) == 1


async def test_what_was_published_is_given_back_as_it_went_out_also_when_withdrawn(
    operator: Database,
) -> None:
    numbers = [await release(operator, COLLEGE, periode=f"2026-{month}") for month in ("09", "08")]
    async with operator.transaction() as conn:
        assert await releases.withdraw(conn, numbers[0], NOW, uuid7())
        found = await releases.archive(conn)
    rows = [release_row(1, "2026-09", "x", NOW), release_row(2, "2026-08", "x", NOW)]
    assert [one.published for one in found] == [row.published for row in rows]
    assert [one.withdrawn_at for one in found] == [NOW, None]


# --- withdrawing ---


async def withdraw(operator: Database, nummer: int, entry: UUID) -> bool:
    async with operator.transaction() as conn:
        return await releases.withdraw(conn, nummer, NOW, entry)


async def test_a_release_is_withdrawn_once(fresh: TestDatabase, operator: Database) -> None:
    nummer, first = await release(operator, COLLEGE), uuid7()
    assert await withdraw(operator, nummer, first)
    assert not await withdraw(operator, nummer, uuid7())
    async with fresh.raw() as root:
        row = await root.fetchrow("SELECT withdrawn_at, withdrawn_entry FROM releases")
    assert tuple(row) == (NOW, first)


async def test_of_two_withdrawals_at_once_one_is_the_first(operator: Database) -> None:
    nummer = await release(operator, COLLEGE)
    results = await asyncio.gather(*(withdraw(operator, nummer, uuid7()) for _ in range(4)))
    assert sorted(results) == [False, False, False, True]


async def test_what_was_never_released_cannot_be_withdrawn(operator: Database) -> None:
    with pytest.raises(Refused) as refused:
        await withdraw(operator, 7, uuid7())
    assert refused.value.code is Code.NIET_GEVONDEN


async def test_a_withdrawal_calls_off_the_notices_that_did_not_go_out(
    fresh: TestDatabase, operator: Database
) -> None:
    async with operator.transaction() as conn:
        for _ in range(2):
            nummer = await released(conn, (COLLEGE, b"{}"))
            await releases.insert_notices(conn, nummer, [COLLEGE, SWV], NOW)
    assert await withdraw(operator, 1, uuid7())
    async with fresh.raw() as root:
        query = "SELECT nummer FROM release_notices WHERE push_status = 'wachtend'"
        waiting = await root.fetch(query)
    assert [row["nummer"] for row in waiting] == [2, 2]


# --- reading ---


async def test_a_part_is_seen_by_its_recipient_alone(
    fresh: TestDatabase, operator: Database, gateway: Database
) -> None:
    async with operator.transaction() as conn:
        nummer = await released(conn, (COLLEGE, b"of the college"), (SWV, b"of the swv"))
    alone = await release(operator, SWV)
    for party, found in ((COLLEGE, [nummer]), (SWV, [alone, nummer]), (make.LEERPLICHT, [])):
        async with gateway.transaction(party=party, today=TODAY) as conn:
            page = await leveringen.list_leveringen(conn, party, None, 50)
        assert [item.nummer for item in page.items] == found
        async with fresh.raw("exchange_gateway", party=party, today=TODAY) as raw:
            for table in ("releases", "release_files"):
                rows = await raw.fetch(f"SELECT nummer FROM {table}")  # noqa: S608  our own names
                assert sorted(row["nummer"] for row in rows) == sorted(found)


@pytest.mark.parametrize("asking", [COLLEGE, SWV])
async def test_a_query_in_anothers_name_finds_nothing(
    operator: Database, gateway: Database, asking: Oin
) -> None:
    nummer = await release(operator, SWV)
    key = FormKey(nummer, SWV, JSON)
    async with gateway.transaction(party=asking, today=TODAY) as conn:
        found = await leveringen.levering_of(conn, nummer, SWV)
        assert (found is not None) is (asking == SWV)
        assert (await leveringen.form_of(conn, key) is not None) is (asking == SWV)
    async with operator.transaction() as conn:  # no row security holds this one back
        assert await leveringen.levering_of(conn, nummer, COLLEGE) is None
        assert (await leveringen.list_leveringen(conn, COLLEGE, None, 50)).items == []
    shared = await release(operator, COLLEGE, SWV)
    async with operator.transaction() as conn:
        (listed,) = (await leveringen.list_leveringen(conn, COLLEGE, None, 50)).items
    assert (listed.nummer, len(listed.forms)) == (shared, 1)


async def test_a_form_is_described_and_given_to_the_byte(
    operator: Database, gateway: Database
) -> None:
    body = bytes(range(256)) * 4096
    async with operator.transaction() as conn:
        nummer = await released(conn)
        await releases.insert_files(conn, [part(nummer, COLLEGE, body, "a policy")])
    key = FormKey(nummer, COLLEGE, JSON)
    async with gateway.transaction(party=COLLEGE, today=TODAY) as conn:
        form = await leveringen.form_of(conn, key)
        assert form == FormRow(JSON, hashlib.sha256(body).digest(), len(body), "a policy")
        assert await leveringen.body_of(conn, key) == body
        assert await leveringen.form_of(conn, FormKey(nummer, COLLEGE, "text/csv")) is None


async def test_the_first_sealed_form_of_a_key_stays(operator: Database, gateway: Database) -> None:
    nummer = await release(operator, COLLEGE)

    def sealed(body: bytes, kid: str = "a") -> SealedRow:
        return SealedRow(nummer, COLLEGE, kid, body, hashlib.sha256(body).digest(), NOW)

    async with gateway.transaction(party=COLLEGE, today=TODAY) as conn:
        for row in (sealed(b"first"), sealed(b"second"), sealed(b"other key", "b")):
            await leveringen.keep_sealed(conn, row)
    for kid, body in (("a", b"first"), ("b", b"other key")):
        key = FormKey(nummer, COLLEGE, "application/jose", kid)
        async with gateway.transaction(party=COLLEGE, today=TODAY) as conn:
            assert await leveringen.body_of(conn, key) == body
        async with gateway.transaction(party=SWV, today=TODAY) as conn:
            assert await leveringen.form_of(conn, key) is None


async def test_pages_go_back_in_time_and_a_foreign_cursor_does_no_harm(
    operator: Database, gateway: Database
) -> None:
    for _ in range(5):
        await release(operator, COLLEGE)
    shown: list[int] = []
    cursor: str | None = None
    async with gateway.transaction(party=COLLEGE, today=TODAY) as conn:
        while not shown or cursor:
            page = await leveringen.list_leveringen(conn, COLLEGE, cursor, 2)
            shown += [item.nummer for item in page.items]
            cursor = page.next_cursor
        far = encode(uuid7())
        assert len((await leveringen.list_leveringen(conn, COLLEGE, far, 9)).items) == 5
    assert shown == [5, 4, 3, 2, 1]
