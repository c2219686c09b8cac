"""Who sees which rows, in raw SQL as the api role: each refusal beside its success (C5)."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest
from sqlalchemy import func, select
from uuid_utils.compat import uuid7

from exchange.messages.identifiers import Gemeentecode, Oin, Vestigingscode
from exchange.policy.parties import Dienst, Sector, Vestiging
from exchange.storage import directory, mailbox
from exchange.storage.database import Database
from exchange.storage.rows import MessageRow
from exchange.storage.tables import messages
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import FG, LAS, LEERPLICHT, OCW, OTHER_LEERPLICHT, SCHOOL, TODAY

GATEWAY = "exchange_gateway"
BY_VESTIGING = ("verzuimbeleid", "schoolkalenders", "terugmeldingen")
BY_MESSAGE = ("messages", "outbox", "subject_link", "log_records")
RECIPIENT_OF = {"99AA00": LEERPLICHT, "99BB00": LEERPLICHT, "99CC00": OTHER_LEERPLICHT}
NOBODY: list[str] = []
LONG_AGO = date(2000, 1, 1)

Sent = Mapping[str, MessageRow]


@pytest.fixture(scope="module", autouse=True)
async def sent(
    fresh: TestDatabase, gateway: Database, worker: Database, operator: Database
) -> Sent:
    """One row in every table for each of three vestigingen."""
    await make.connect_everybody(operator)
    async with operator.transaction() as conn:
        await directory.put_vestigingen(conn, [_registered(code) for code in RECIPIENT_OF])
    messages = {}
    for code, recipient in RECIPIENT_OF.items():
        vestiging = Vestigingscode(code)
        messages[code] = message = await make.accept(gateway, vestiging, recipient)
        async with worker.transaction() as conn:
            await mailbox.add_terugmelding(conn, make.terugmelding(message, "geparkeerd"))
    async with fresh.raw() as root:
        for code in RECIPIENT_OF:
            await root.execute(
                "INSERT INTO verzuimbeleid VALUES ($1, 1, '2026-08-01', '2026-08-01', 60, '{}',"
                " '{}', '{}', '{}', decode(repeat('00', 33), 'hex'), now(), 'x')",
                code,
            )
            await root.execute(
                "INSERT INTO schoolkalenders VALUES ($1, 2026, '[]', now(), 'x')", code
            )
    return messages


def _registered(code: str) -> Vestiging:
    return Vestiging(Vestigingscode(code), Gemeentecode("0361"), Sector.PO, "PO2703", LONG_AGO)


async def seen(
    fresh: TestDatabase, sent: Sent, table: str, party: object, today: date | None = TODAY
) -> list[str]:
    """The vestigingen whose row in ``table`` this party sees."""
    of_message = {row.bericht_id: code for code, row in sent.items()}
    column = "bericht_id" if table in BY_MESSAGE else "vestigingscode"
    async with fresh.raw(GATEWAY, party=party, today=today) as connection:
        rows = await connection.fetch(f"SELECT {column} AS found FROM {table}")  # noqa: S608
    return sorted(of_message.get(row["found"], row["found"]) for row in rows)


@pytest.mark.parametrize("table", BY_VESTIGING + BY_MESSAGE)
@pytest.mark.parametrize(
    ("party", "expected"),
    [
        ("", NOBODY),
        (make.oin(999), NOBODY),
        (make.OCW, NOBODY),
        (SCHOOL, ["99AA00"]),
    ],
)
async def test_a_school_sees_its_own_rows_and_a_stranger_none(
    fresh: TestDatabase, sent: Sent, table: str, party: object, expected: list[str]
) -> None:
    assert await seen(fresh, sent, table, party) == expected


@pytest.mark.parametrize("table", BY_VESTIGING + BY_MESSAGE)
async def test_a_supplier_sees_the_vestigingen_of_its_mandates(
    fresh: TestDatabase, sent: Sent, table: str
) -> None:
    # It sent the message of 99CC00 too, and still sees the log record of that act of its own.
    expected = ["99AA00", "99BB00", *(["99CC00"] if table == "log_records" else [])]
    assert await seen(fresh, sent, table, LAS) == expected


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        *((table, ["99AA00", "99BB00"]) for table in BY_MESSAGE),
        *((table, NOBODY) for table in BY_VESTIGING),
    ],
)
async def test_a_recipient_sees_what_was_sent_to_it_and_nothing_else_of_the_school(
    fresh: TestDatabase, sent: Sent, table: str, expected: list[str]
) -> None:
    assert await seen(fresh, sent, table, LEERPLICHT) == expected
    others = ["99CC00"] if expected else NOBODY
    assert await seen(fresh, sent, table, OTHER_LEERPLICHT) == others


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("messages", sorted(RECIPIENT_OF)),
        ("log_records", sorted(RECIPIENT_OF)),
        ("subject_link", sorted(RECIPIENT_OF)),
        ("outbox", NOBODY),
        ("terugmeldingen", NOBODY),
        ("verzuimbeleid", NOBODY),
    ],
)
async def test_the_privacy_officer_sees_the_account_and_no_mailbox(
    fresh: TestDatabase, sent: Sent, table: str, expected: list[str]
) -> None:
    assert await seen(fresh, sent, table, FG) == expected


@pytest.mark.parametrize("table", BY_VESTIGING + BY_MESSAGE)
async def test_without_a_day_no_school_is_seen(fresh: TestDatabase, sent: Sent, table: str) -> None:
    assert await seen(fresh, sent, table, SCHOOL, today=None) == NOBODY


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 7, 31), NOBODY),
        (date(2026, 8, 1), ["99AA00", "99BB00"]),
        (date(2027, 7, 31), ["99AA00", "99BB00"]),
        (date(2027, 8, 1), NOBODY),
    ],
)
async def test_a_mandate_counts_from_its_first_to_its_last_day(
    fresh: TestDatabase, sent: Sent, today: date, expected: list[str]
) -> None:
    assert await seen(fresh, sent, "messages", LAS, today) == expected


async def test_a_revoked_mandate_ends_the_view_and_a_new_one_opens_it(
    fresh: TestDatabase, sent: Sent, operator: Database
) -> None:
    supplier = make.oin(50)
    async with operator.transaction() as conn:
        await directory.add_party(conn, supplier, "another", None, make.NOW)
        await directory.add_mandate(conn, uuid7(), make.mandate(supplier, make.B))
    assert await seen(fresh, sent, "messages", supplier) == ["99BB00"]
    async with operator.transaction() as conn:
        await directory.revoke_mandate(conn, supplier, "99BB00", Dienst.AANLEVEREN, make.NOW)
    assert await seen(fresh, sent, "messages", supplier) == NOBODY
    async with operator.transaction() as conn:
        await directory.add_mandate(conn, uuid7(), make.mandate(supplier, make.B))
    assert await seen(fresh, sent, "messages", supplier) == ["99BB00"]


@pytest.mark.parametrize("ended", ["ontvangen", "revoked party"])
async def test_a_mandate_to_collect_or_of_a_revoked_party_shows_nothing(
    fresh: TestDatabase, sent: Sent, ended: str
) -> None:
    supplier = make.oin(60 + len(ended))
    async with fresh.raw() as root:
        await root.execute(
            "INSERT INTO parties VALUES ($1, $2, NULL, now(), $3)",
            str(supplier),
            ended,
            make.NOW if ended == "revoked party" else None,
        )
        await root.execute(
            "INSERT INTO mandates VALUES"
            " (gen_random_uuid(), $1, '99BB00', $2, '2026-08-01', NULL, '2026-08-01')",
            str(supplier),
            "ontvangen" if ended == "ontvangen" else "aanleveren",
        )
        await root.execute("INSERT INTO grants VALUES ($1, 'leverancier', '')", str(supplier))
    assert await seen(fresh, sent, "messages", supplier) == NOBODY


@pytest.mark.parametrize(
    ("party", "role", "remit", "before"),
    [
        (make.oin(51), "school", "99BB", ["99BB00"]),
        (make.oin(52), "fg", "", sorted(RECIPIENT_OF)),
    ],
)
@pytest.mark.parametrize("revoked", ["grants", "parties"])
async def test_a_revoked_role_or_party_ends_the_view(
    fresh: TestDatabase,
    sent: Sent,
    party: Oin,
    role: str,
    remit: str,
    before: list[str],
    revoked: str,
) -> None:
    async with fresh.raw() as root:
        for statement in (
            "DELETE FROM grants WHERE oin = $1",
            "DELETE FROM parties WHERE oin = $1",
        ):
            await root.execute(statement, str(party))
        await root.execute("INSERT INTO parties VALUES ($1, $1, NULL, now())", str(party))
        await root.execute("INSERT INTO grants VALUES ($1, $2, $3)", str(party), role, remit)
        assert await seen(fresh, sent, "messages", party) == before
        await root.execute(
            f"UPDATE {revoked} SET revoked_at = now() WHERE oin = $1",  # noqa: S608
            str(party),
        )
        assert await seen(fresh, sent, "messages", party) == NOBODY


@pytest.mark.parametrize(
    ("party", "code", "changed"),
    [
        (LEERPLICHT, "99AA00", 1),
        (OTHER_LEERPLICHT, "99AA00", 0),
        (SCHOOL, "99AA00", 1),
        (SCHOOL, "99BB00", 0),
        (FG, "99AA00", 0),
        ("", "99AA00", 0),
    ],
)
async def test_a_parcel_is_changed_by_its_recipient_or_its_school_only(
    fresh: TestDatabase, sent: Sent, party: object, code: str, changed: int
) -> None:
    await changes(fresh, party, "UPDATE outbox SET handling = NULL", sent[code], changed)


@pytest.mark.parametrize(
    ("party", "changed"), [(SCHOOL, 1), (LAS, 1), (LEERPLICHT, 0), (FG, 0), ("", 0)]
)
async def test_a_message_is_changed_by_its_school_only(
    fresh: TestDatabase, sent: Sent, party: object, changed: int
) -> None:
    await changes(fresh, party, "UPDATE messages SET withdrawn_at = NULL", sent["99AA00"], changed)


async def changes(
    fresh: TestDatabase, party: object, statement: str, row: MessageRow, expected: int
) -> None:
    async with fresh.raw(GATEWAY, party=party, today=TODAY) as connection:
        done = await connection.execute(f"{statement} WHERE bericht_id = $1", row.bericht_id)
    assert done == f"UPDATE {expected}"


async def test_a_school_lays_down_its_own_policy_and_not_anothers(fresh: TestDatabase) -> None:
    put = (
        "INSERT INTO schoolkalenders VALUES ($1, 2030, '[]', now(), 'x')"
        " ON CONFLICT (vestigingscode, schooljaar) DO UPDATE SET lesvrij = excluded.lesvrij"
    )
    async with fresh.raw(GATEWAY, party=SCHOOL, today=TODAY) as connection:
        assert await connection.execute(put, "99AA01") == "INSERT 0 1"
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(put, "99BB00")


async def test_a_recipient_registers_its_own_key_and_not_anothers(fresh: TestDatabase) -> None:
    add = "INSERT INTO recipient_keys VALUES ($1, $2, '{}', 'wacht-op-bevestiging', now(), NULL)"
    async with fresh.raw(GATEWAY, party=LEERPLICHT, today=TODAY) as connection:
        assert await connection.execute(add, str(LEERPLICHT), "mine") == "INSERT 0 1"
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(add, str(OTHER_LEERPLICHT), "not-mine")
    async with fresh.raw(GATEWAY, party=OTHER_LEERPLICHT, today=TODAY) as connection:
        swap = "UPDATE recipient_keys SET status = 'vervangen' WHERE kid = 'mine'"
        assert await connection.execute(swap) == "UPDATE 0"


async def test_only_a_recipient_reports_on_a_message(fresh: TestDatabase, sent: Sent) -> None:
    async def report(party: Oin) -> UUID:
        row = make.terugmelding(sent["99AA00"])
        async with fresh.raw(GATEWAY, party=party, today=TODAY) as connection:
            await connection.execute(
                "INSERT INTO terugmeldingen VALUES ($1, $2, '99AA00', 2026, 'in-behandeling',"
                " NULL, NULL, now())",
                row.id,
                row.bericht_id,
            )
        return row.id

    made = await report(LEERPLICHT)
    for party in (OTHER_LEERPLICHT, SCHOOL, FG):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await report(party)
    async with fresh.raw() as root:
        await root.execute("DELETE FROM terugmeldingen WHERE id = $1", made)


async def test_the_view_of_one_transaction_does_not_reach_the_next(
    fresh: TestDatabase, sent: Sent
) -> None:
    count = select(func.count()).select_from(messages)
    async with fresh.login(GATEWAY, pool_size=1) as database:
        async with database.transaction(party=LAS, today=TODAY) as conn:
            assert await conn.scalar(count) == 2
        async with database._pool.line(1) as bare:  # as a forgetful colleague would
            party = "SELECT current_setting('exchange.party')"
            assert await bare.driver.fetchval(party) == ""
            assert await bare.conn.scalar(count) == 0
            bare.settle()
        async with database.transaction() as conn:
            assert await conn.scalar(count) == 0
        async with database.transaction(party=LAS, today=TODAY - timedelta(days=365)) as conn:
            assert await conn.scalar(count) == 0


async def test_nobody_brings_anothers_message_into_view_by_naming_it_in_a_scope(
    fresh: TestDatabase, sent: Sent
) -> None:
    number = sent["99BB00"].bericht_id
    add = "INSERT INTO message_scope VALUES ($1, '99AA00', '2026-11')"
    seen = "SELECT count(*) FROM messages WHERE bericht_id = $1"
    async with fresh.raw(GATEWAY, party=SCHOOL, today=TODAY) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(add, number)
        assert await connection.fetchval(seen, number) == 0
    async with fresh.raw(GATEWAY, party=LAS, today=TODAY) as connection:
        assert await connection.execute(add, number) == "INSERT 0 1"
    async with fresh.raw(GATEWAY, party=SCHOOL, today=TODAY) as connection:
        assert await connection.fetchval(seen, number) == 1
    async with fresh.raw() as root:
        await root.execute("DELETE FROM message_scope")


@pytest.fixture(scope="module")
async def _released(fresh: TestDatabase) -> None:
    """Release 1 has a file for OCW and one for LEERPLICHT, release 2 one for OCW alone."""
    async with fresh.raw() as root:
        for nummer, recipients in ((1, (OCW, LEERPLICHT)), (2, (OCW,))):
            await root.execute(
                "INSERT INTO releases SELECT $1, '2026-09', 'voorlopig', now(), 5, d,"
                " 'all rows', 'jws', gen_random_uuid() FROM sha256('x') AS d",
                nummer,
            )
            for oin in recipients:
                await root.execute(
                    "INSERT INTO release_files SELECT $1, $2, 'text/csv', 'a;b', sha256('x')",
                    *(nummer, oin.reveal()),
                )


@pytest.mark.usefixtures("_released")
@pytest.mark.parametrize(
    ("party", "numbers"), [(OCW, [1, 2]), (LEERPLICHT, [1]), (SCHOOL, []), (FG, []), ("", [])]
)
async def test_a_release_is_seen_by_whom_it_has_a_file_for(
    fresh: TestDatabase, party: object, numbers: list[int]
) -> None:
    async with fresh.raw(GATEWAY, party=party, today=TODAY) as connection:
        for table in ("releases", "release_files"):
            found = await connection.fetch(f"SELECT nummer FROM {table} ORDER BY 1")  # noqa: S608  ours
            assert [row["nummer"] for row in found] == numbers


@pytest.mark.usefixtures("_released")
async def test_the_gateway_reads_neither_certificate_nor_the_rows_of_all(
    fresh: TestDatabase,
) -> None:
    async with fresh.raw(GATEWAY, party=OCW, today=TODAY) as connection:
        for what in ("1 FROM release_certificates", "published FROM releases", "1 FROM tally"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"SELECT {what}")


@pytest.mark.usefixtures("_released")
async def test_a_sealed_levering_is_kept_for_and_seen_by_its_recipient_only(
    fresh: TestDatabase,
) -> None:
    add = "INSERT INTO release_sealed SELECT 1, $1, 'kid', 'jwe', sha256('x'), now()"
    async with fresh.raw(GATEWAY, party=LEERPLICHT, today=TODAY) as connection:
        assert await connection.execute(add, LEERPLICHT.reveal()) == "INSERT 0 1"
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(add, OCW.reveal())
    for party, seen in ((LEERPLICHT, 1), (OCW, 0)):
        async with fresh.raw(GATEWAY, party=party, today=TODAY) as connection:
            assert await connection.fetchval("SELECT count(*) FROM release_sealed") == seen
