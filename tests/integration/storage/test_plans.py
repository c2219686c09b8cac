"""Costs stay flat with history: every question is answered from the index made for it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from uuid_utils.compat import uuid7

from exchange.bootstrap.law import open_law
from exchange.messages.identifiers import Oin, Periode, Schooljaar
from exchange.policy.retention import cutoffs
from exchange.policy.status import MailboxStatus
from exchange.storage import (
    acceptance,
    counting,
    cursors,
    forwarding,
    key_destructions,
    leveringen,
    log_counts,
    logregels,
    mailbox,
    purging,
    registrations,
    release_notices,
    surroundings,
    sweeping,
    tally,
    terms,
)
from exchange.storage.backlog import backlog
from exchange.storage.database import Connection, Database
from exchange.storage.folding import Folding, fold_due
from exchange.storage.logregels import LogFilter
from exchange.storage.release_rows import FormKey
from exchange.storage.tables import outbox
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import FG, LAS, LEERPLICHT, NOW, TODAY, A

BIG = (
    "messages",
    "outbox",
    "terugmeldingen",
    "subject_link",
    "log_records",
    "idempotency",
    "natural_keys",
    "telstand",
    "registrations_2026_10",
    "registrations_2026_11",
    "tally",
    "tally_due",
    "release_files",
    "release_notices",
)
HISTORY = """
    INSERT INTO messages (bericht_id, soort, vestigingscode, schooljaar, periode, event_day,
                          sender, received_at, digest, policy_date, entry, receipt)
    SELECT gen_random_uuid(), 'signaal', to_char(n % 90 + 10, 'FM00') || 'AA00', 2020 + n / 3000,
           '2026-' || to_char(n % 12 + 1, 'FM00'), '2026-01-01', 'x',
           timestamptz '2026-01-01' + n * interval '1 s',
           decode(repeat('01', 33), 'hex'), '2026-01-01', gen_random_uuid(), 'receipt'
    FROM generate_series(1, 20000) n;
    INSERT INTO outbox (bericht_id, rol, recipient, soort, vestigingscode, schooljaar, purpose, kid,
                        created_at, status, fetched_at, acknowledged_at, erased_at, push_status)
    SELECT bericht_id, 'leerplicht', 'recipient-' || ntile(40) OVER (), soort, vestigingscode,
           schooljaar, 'p', 'k', received_at, 'bevestigd', received_at, received_at, received_at,
           'bezorgd'
    FROM messages;
    UPDATE outbox SET erased_at = NULL, payload = 'sealed' WHERE recipient LIKE '%7';
    INSERT INTO terugmeldingen
    SELECT gen_random_uuid(), bericht_id, vestigingscode, schooljaar, 'geparkeerd', NULL, NULL,
           received_at FROM messages;
    UPDATE outbox SET recipient = '00000099000000003000' WHERE recipient = 'recipient-1';
    INSERT INTO log_records
        (entry, recorded_at, activity, actor, action, outcome, leaf, leaf_hash)
    SELECT entry, received_at, 'a', 'x', 'lijst-ingezien', 'ok', 'leaf',
           decode(repeat('01', 32), 'hex')
    FROM messages;
    INSERT INTO subject_link
    SELECT entry, decode(repeat('01', 33), 'hex'), bericht_id, vestigingscode, schooljaar,
           decode(repeat('01', 16), 'hex') FROM messages;
    INSERT INTO telstand
    SELECT bericht_id, vestigingscode, schooljaar,
           decode(lpad(to_hex(row_number() OVER ()), 66, '0'), 'hex'), '16-uur', '2026-09-01',
           '2026-09-02' FROM messages;
    SELECT exchange_open_month(date '2026-10-01'), exchange_open_month(date '2026-11-01');
    INSERT INTO registrations
    SELECT to_char(n % 90 + 10, 'FM00') || 'AA00', date '2026-10-01' + n / 90 % 50,
           decode(lpad(to_hex(n), 66, '0'), 'hex'), 'sealed',
           decode(lpad(to_hex(n % 9000), 66, '0'), 'hex'), n % 400 + 1,
           CASE n % 3 WHEN 0 THEN 'ongeoorloofd' ELSE 'geoorloofd' END, gen_random_uuid()
    FROM generate_series(1, 60000) n;
    INSERT INTO idempotency
    SELECT decode(lpad(to_hex(n), 66, '0'), 'hex'), decode(repeat('01', 33), 'hex'),
           gen_random_uuid(), 202, timestamptz '2026-01-01' + n * interval '1 s'
    FROM generate_series(1, 20000) n;
    INSERT INTO natural_keys
    SELECT decode(lpad(to_hex(row_number() OVER ()), 66, '0'), 'hex'), bericht_id FROM messages;
    INSERT INTO month_sources
    SELECT DISTINCT vestigingscode, to_char(datum, 'YYYY-MM'), 'registraties' FROM registrations;
    INSERT INTO tally
    SELECT to_char(n % 90 + 10, 'FM00') || 'AA00', '2' || to_char(n / 90, 'FM000') || '-11',
           2000 + n / 90, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, 0, 0, false, now()
    FROM generate_series(1, 20000) n;
    INSERT INTO tally_due (vestigingscode, periode)
    SELECT '10AA00', '2026-11' FROM generate_series(1, 20000) n;
    INSERT INTO releases
    SELECT n, '2026-09', 'voorlopig', now(), 5, decode(repeat('01', 32), 'hex'), '', 'manifest',
           gen_random_uuid() FROM generate_series(1, 168) n;
    INSERT INTO release_files
    SELECT nummer, CASE n WHEN 1 THEN '00000099000000001000' ELSE 'recipient-' || n END,
           'application/json', 'body', decode(repeat('01', 32), 'hex')
    FROM releases, generate_series(1, 120) n;
    INSERT INTO release_notices SELECT nummer, recipient, 'bezorgd' FROM release_files;
    ANALYZE;
"""
SCANS = text("""
    SELECT c.relname, pg_stat_get_xact_numscans(c.oid) AS scans FROM pg_class c
    WHERE c.relnamespace = CAST('public' AS regnamespace) AND c.relkind IN ('r', 'i')
""")

Question = Callable[[Connection], Awaitable[Any]]

CURSOR = cursors.encode(uuid7())
OF_RECIPIENT, JSON = "release_files_by_recipient", "application/json"
YEAR, MONTH = Schooljaar(2020), Periode(2026, 9)
NOW_YEAR = Schooljaar(2026)
TURN = forwarding.Turn(10, 1, {})
NOTHING = replace(
    cutoffs(NOW - timedelta(days=500), open_law()),
    schooljaar=YEAR,
    registrations=date(2020, 8, 1),
    figures=Periode(2000, 1),
)
"""Before all that there is."""
A_YEAR = replace(NOTHING, schooljaar=Schooljaar(2021))
"""After the oldest schooljaar of seven."""
BY_PUPIL = "registrations_2026_11_vestigingscode_pupil_datum_minuten_idx"
"""What PostgreSQL calls the part of ``registrations_unauthorised`` in one month."""


@pytest.fixture(scope="module", autouse=True)
async def history(fresh: TestDatabase, operator: Database) -> None:
    await make.connect_everybody(operator)
    async with fresh.raw() as root:
        await root.execute(HISTORY)


async def scans(database: Database, ask: Question, party: Oin = LAS) -> dict[str, int]:
    """How often each table (whole) and index was scanned; asked often, as in daily life."""
    counted: dict[str, int] = {}
    for _ in range(8):
        async with database.transaction(party=party, today=TODAY) as conn:
            await ask(conn)
            for row in await conn.execute(SCANS):
                counted[row.relname] = counted.get(row.relname, 0) + row.scans
    return counted


@pytest.mark.parametrize(
    ("index", "ask"),
    [
        ("messages_pkey", lambda c: mailbox.receipt_of(c, uuid7())),
        ("messages_by_vestiging", lambda c: mailbox.list_receipts(c, A, None, None, 50)),
        ("messages_by_vestiging", lambda c: mailbox.list_receipts(c, A, None, CURSOR, 50)),
        ("messages_by_periode", lambda c: mailbox.list_receipts(c, A, MONTH, CURSOR, 50)),
        ("terugmeldingen_by_vestiging", lambda c: mailbox.list_terugmeldingen(c, A, CURSOR, 50)),
        ("outbox_mailbox", lambda c: mailbox.list_parcels(c, LEERPLICHT, None, CURSOR, 50)),
        (
            "outbox_new",
            lambda c: mailbox.list_parcels(c, LEERPLICHT, MailboxStatus.NIEUW, None, 50),
        ),
        (
            "outbox_ended",
            lambda c: mailbox.list_parcels(c, LEERPLICHT, MailboxStatus.GEWEIGERD, CURSOR, 50),
        ),
        ("outbox_mailbox", lambda c: mailbox.lock_parcel(c, LEERPLICHT, uuid7())),
        ("idempotency_pkey", lambda c: acceptance.recall(c, make.digest())),
        ("natural_keys_pkey", lambda c: acceptance.reported_as(c, make.digest())),
        ("messages_pkey", lambda c: acceptance.earlier_message(c, uuid7())),
        ("messages_pkey", lambda c: acceptance.withdrawal_of(c, uuid7())),
        ("telstand_by_pupil", lambda c: counting.meldingen(c, A, NOW_YEAR, make.digest())),
        ("telstand_by_pupil", lambda c: counting.meldingen_by_pupil(c, A, NOW_YEAR)),
        (OF_RECIPIENT, lambda c: leveringen.list_leveringen(c, LAS, None, 50)),
        (OF_RECIPIENT, lambda c: leveringen.levering_of(c, 160, LAS)),
        (OF_RECIPIENT, lambda c: leveringen.form_of(c, FormKey(160, LAS, JSON))),
        (BY_PUPIL, lambda c: counting.registered_often(c, A, NOW_YEAR, 960)),
    ],
)
async def test_the_api_reads_by_index(fresh: TestDatabase, index: str, ask: Question) -> None:
    async with fresh.login("exchange_gateway", pool_size=1) as gateway:
        found = await scans(gateway, ask)
    assert found[index] > 0
    assert {table: found[table] for table in BIG} == dict.fromkeys(BIG, 0)


async def test_a_download_looks_for_its_own_row_alone(fresh: TestDatabase) -> None:
    async def download(conn: Connection) -> None:
        mine = select(outbox.c.bericht_id).where(outbox.c.recipient == LEERPLICHT)
        number = (await conn.scalars(mine.limit(1))).one()
        assert await mailbox.fetch_parcel(conn, LEERPLICHT, number, NOW)

    async with fresh.login("exchange_gateway", pool_size=1) as gateway:
        found = await scans(gateway, download, party=LEERPLICHT)
    for index in ("outbox_mailbox", "outbox_pkey", "subject_link_by_message"):
        assert found[index] > 0, index
    assert {table: found[table] for table in BIG} == dict.fromkeys(BIG, 0)


async def test_a_look_looks_for_its_own_row_alone(fresh: TestDatabase) -> None:
    found: dict[str, int] = {}
    async with fresh.raw("exchange_gateway") as conn:
        look = await conn.prepare(mailbox.FIND)
        for _ in range(8):
            async with conn.transaction():
                await look.fetch(str(LEERPLICHT), TODAY.isoformat(), uuid7())
                for row in await conn.fetch(SCANS.text):
                    found[row["relname"]] = found.get(row["relname"], 0) + row["scans"]
    assert found["outbox_mailbox"] > 0
    assert {table: found[table] for table in BIG} == dict.fromkeys(BIG, 0)


async def test_what_is_known_round_a_message_is_read_by_index_from_the_months_that_it_is_about(
    fresh: TestDatabase,
) -> None:
    days = (date(2026, 11, 2), date(2026, 11, 20))
    asked = surroundings.Question(make.digest(), A, TODAY, NOW_YEAR, make.digest(), NOW_YEAR, days)
    about_nothing = surroundings.Question(make.digest())
    found: dict[str, int] = {}
    async with fresh.raw("exchange_gateway") as conn:
        look_up = await conn.prepare(surroundings.LOOK_UP)
        for _ in range(8):
            async with conn.transaction():
                columns = surroundings.columns_of([asked, about_nothing])
                await look_up.fetch(str(LAS), TODAY.isoformat(), *columns)
                for row in await conn.fetch(SCANS.text):
                    found[row["relname"]] = found.get(row["relname"], 0) + row["scans"]
        kept = await conn.fetchval("SELECT max(generic_plans) FROM pg_prepared_statements")
    for index in ("idempotency_pkey", BY_PUPIL, "telstand_by_pupil"):
        assert found[index] > 0
    assert found[BY_PUPIL.replace("11", "10")] == 0
    assert {table: found[table] for table in BIG} == dict.fromkeys(BIG, 0)
    assert kept > 0  # a plan for every number of questions, not one more for each


@pytest.mark.parametrize(
    ("index", "asked"),
    [
        ("log_records_pkey", {}),
        ("log_records_by_message", {"bericht_id": uuid7(), "activity": "a"}),
        ("log_records_not_ok", {"outcome": "fout", "actor": LAS}),
        ("log_records_by_recipient", {"recipient": LEERPLICHT, "actor": LAS}),
        ("log_records_by_actor", {"actor": LAS, "activity": "a"}),
        ("log_records_by_action", {"action": "lijst-ingezien", "activity": "a"}),
        ("log_records_by_activity", {"activity": "a", "outcome": "ok"}),
        ("log_records_by_activity", {"activity": "a", "van": NOW - timedelta(days=3), "tot": NOW}),
    ],
)
async def test_a_search_walks_the_index_of_its_rarest_condition(
    fresh: TestDatabase, index: str, asked: dict[str, Any]
) -> None:
    async with fresh.login("exchange_gateway", pool_size=1) as gateway:
        wanted = LogFilter(**asked)
        found = await scans(
            gateway, lambda conn: logregels.search(conn, wanted, None, 51, own=False), party=FG
        )
    assert found[index] > 0
    assert {table: found[table] for table in BIG} == dict.fromkeys(BIG, 0)


async def test_who_sees_its_own_alone_walks_its_own_alone(fresh: TestDatabase) -> None:
    async def search(conn: Connection) -> None:
        stretch = await logregels.search(conn, LogFilter(activity="a"), None, 51, own=True)
        await logregels.records_of(conn, stretch.entries)

    async with fresh.login("exchange_gateway", pool_size=1) as gateway:
        found = await scans(gateway, search)
    for index in ("log_records_by_actor", "log_records_by_recipient", "subject_link_by_vestiging"):
        assert found[index] > 0, index
    assert {table: found[table] for table in BIG} == dict.fromkeys(BIG, 0)


async def test_days_are_counted_by_index_alone(fresh: TestDatabase) -> None:
    bounds = [NOW - timedelta(days=days) for days in (2, 1, 0)]
    async with fresh.login("exchange_gateway", pool_size=1) as gateway:
        found = await scans(gateway, lambda conn: log_counts.of_all(conn, bounds), party=FG)
    for index in ("log_records_by_action", "log_records_by_actor", "log_records_not_ok"):
        assert found[index] > 0, index
    assert {table: found[table] for table in BIG} == dict.fromkeys(BIG, 0)


async def test_a_withdrawal_works_by_index(fresh: TestDatabase) -> None:
    async def withdraw(conn: Connection) -> None:
        await acceptance.insert_message(conn, row := make.message())
        await acceptance.insert_parcels(conn, [make.parcel(row)])
        await acceptance.withdraw(conn, row.bericht_id, by=uuid7(), at=NOW)

    async with fresh.login("exchange_gateway", pool_size=1) as gateway:
        found = await scans(gateway, withdraw)
    assert found["natural_keys_by_message"] > 0
    assert {table: found[table] for table in BIG} == dict.fromkeys(BIG, 0)


async def test_numbers_are_looked_up_one_by_one_while_the_table_still_seems_small(
    fresh: TestDatabase,
) -> None:
    async with fresh.raw() as root:  # since it was analysed, with nothing in it
        await root.execute("""
            INSERT INTO registration_ids
            SELECT '10AA00', decode(lpad(to_hex(n), 66, '0'), 'hex'), '2026-11-02',
                   decode(repeat('01', 33), 'hex'), false FROM generate_series(1, 20000) n
        """)

    def add(conn: Connection) -> Awaitable[object]:
        new = [make.digest() for _ in range(600)]
        rows = registrations.Rows(
            new, new, new, [1] * 600, new, [1] * 600, [A.reveal()], [TODAY], ["geoorloofd"], [False]
        )
        return registrations.add(conn, rows, uuid7())

    async with fresh.login("exchange_gateway", pool_size=1) as gateway:
        found = await scans(gateway, add)
    assert found["registration_ids_pkey"] >= 600
    assert found["registration_ids"] == 0


async def fold_one(conn: Connection) -> None:
    """Fold a month of one vestiging, for one of the marks that it has."""
    terms = Folding(absent1_procent=5, absent2_procent=10, complete=True)
    assert await fold_due(conn, 1, lambda _: terms, NOW) == 1


@pytest.mark.parametrize(
    ("login", "index", "ask"),
    [
        ("worker", "outbox_to_push", lambda c: forwarding.lease_pushes(c, NOW, 60, TURN)),
        (
            "worker",
            "release_notices_to_push",
            lambda c: release_notices.lease_notices(c, NOW, 60, TURN),
        ),
        ("gateway", "release_notices_given_up", backlog),
        ("worker", "outbox_to_park", lambda c: sweeping.park_due(c, NOW, NOW)),
        ("purge", "outbox_to_lapse", lambda c: sweeping.lapse(c, YEAR, NOW)),
        (
            "purge",
            "outbox_to_erase",
            lambda c: sweeping.erase_acknowledged(c, NOW - timedelta(days=500), NOW),
        ),
        ("worker", "registrations_2026_11_pkey", fold_one),
        ("worker", "messages_counted", fold_one),
        ("worker", "tally_due_pkey", fold_one),
        ("worker", "tally_pkey", lambda c: tally.year_of(c, A, NOW_YEAR)),
        ("operator", "tally_by_periode", lambda c: tally.figures_of(c, MONTH)),
    ],
)
async def test_workers_find_what_is_due_by_index(
    fresh: TestDatabase, login: str, index: str, ask: Question
) -> None:
    async with fresh.login(f"exchange_{login}", pool_size=1) as database:
        found = await scans(database, ask)
    assert found[index] > 0
    assert {table: found[table] for table in BIG} == dict.fromkeys(BIG, 0)


def forgetting(ask: Question) -> Question:
    """Ask as the purge and the watch do."""

    async def asked(conn: Connection) -> None:
        assert await purging.alone(conn)
        await ask(conn)

    return asked


@pytest.mark.parametrize(
    ("index", "ask"),
    [
        ("messages_by_term", lambda c: purging.forget_messages(c, NOTHING, 10)),
        ("messages_by_term", lambda c: purging.forget_messages(c, A_YEAR, 10)),
        ("subject_link_by_message", lambda c: purging.forget_messages(c, A_YEAR, 10)),
        ("idempotency_by_age", lambda c: terms.forget(c, "idempotency", NOTHING, 10)),
        ("subject_link_by_pupil", lambda c: purging.forget_links(c, YEAR, 10)),
        ("subject_link_by_pupil", lambda c: purging.forget_links(c, A_YEAR.schooljaar, 9)),
        ("key_destructions_due", lambda c: key_destructions.due(c, A_YEAR.schooljaar, 9)),
        ("log_records_by_activity", lambda c: purging.old_texts(c, NOTHING.log_text, 10)),
    ],
)
async def test_the_purge_reads_no_history(fresh: TestDatabase, index: str, ask: Question) -> None:
    async with fresh.login("exchange_purge", pool_size=1) as database:
        found = await scans(database, forgetting(ask))
    assert found[index] > 0
    assert {table: found[table] for table in BIG} == dict.fromkeys(BIG, 0)


# A queue that is emptied within seconds, and one row for each melding that stands.
SMALL = {"tally_due", "telstand"}


@pytest.mark.parametrize("store", sorted(terms.WATCHED - SMALL))
async def test_the_watch_over_the_terms_reads_no_history(fresh: TestDatabase, store: str) -> None:
    async with fresh.login("exchange_purge", pool_size=1) as database:
        found = await scans(database, forgetting(lambda c: terms.is_late(c, store, NOTHING)))
    assert {table: found[table] for table in BIG} == dict.fromkeys(BIG, 0)
