"""Every store is emptied on time: until its term a row stays, past it the row goes (P9).

Nothing is held up by it, a kill loses no count, and the log tells what went.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from adapters.keys.memory import MemoryKeyProvider
from adapters.system import SystemIds
from exchange.accountability.erasure import erase_texts, read_erasure
from exchange.accountability.ledger import append_record
from exchange.accountability.record import Action, Happening, record
from exchange.accountability.sealing import Seal, seal_once
from exchange.bootstrap.law import open_law
from exchange.messages.identifiers import Schooljaar
from exchange.policy.retention import cutoffs
from exchange.storage import acceptance, mailbox, purging, removals, terms
from exchange.storage.database import Database
from exchange.telemetry.trace import trace_of
from exchange.workers.purger import Purger
from exchange.workers.sweeper import Sweeper
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import LAS, LEERPLICHT, NOW, TODAY

LAW = open_law()
OLD, KEPT = Schooljaar(2024), Schooljaar(2025)
LAST_SECOND = datetime(2026, 7, 31, 21, 59, 59, tzinfo=UTC)  # of 31 July, in Amsterdam
MIDNIGHT = LAST_SECOND + timedelta(seconds=1)
A_SECOND = timedelta(seconds=1)
DIGEST = "decode(repeat('01', 17), 'hex') || uuid_send(gen_random_uuid())"
_OIN = f"'{LAS.reveal()}'"
_ACCOUNT = "'00000000-0000-7000-8000-000000000001'"


class At:
    """A clock that a test sets."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """Give the moment that was set."""
        return self.moment


KEYS = MemoryKeyProvider()


@pytest.fixture(scope="module", autouse=True)
async def everybody(operator: Database) -> None:
    await make.connect_everybody(operator)


@pytest.fixture(autouse=True)
async def nothing_yet(fresh: TestDatabase) -> AsyncIterator[None]:
    yield
    async with fresh.raw() as root:
        await root.execute(
            "TRUNCATE messages, idempotency, subject_link, log_records, log_pending, log_leaves,"
            " log_tiles, log_checkpoints, retention, key_destructions, finding_reviews,"
            " console_accounts, console_links, console_logins, console_sessions, verzuimbeleid,"
            " schoolkalenders CASCADE"
        )


def purger(purge: Database, moment: datetime) -> Purger:
    return Purger(purge, KEYS, At(moment), SystemIds(), LAW)


async def run(purge: Database, moment: datetime) -> None:
    """Purge until nothing is left to do."""
    worker = purger(purge, moment)
    while await worker.purge():
        pass


async def sweep(purge: Database, moment: datetime) -> None:
    """Let what is past its term lapse, as the sweep does every minute."""
    sweeper = Sweeper(purge, KEYS, At(moment), SystemIds(), LAW)
    while await sweeper.sweep():
        pass


async def left_in(fresh: TestDatabase, *tables: str) -> dict[str, int]:
    """Count what is left, of the tables that are not empty."""
    async with fresh.raw() as root:
        counts = {t: await root.fetchval(f"SELECT count(*) FROM {t}") for t in tables}  # noqa: S608  ours
    return {table: count for table, count in counts.items() if count}


async def told(fresh: TestDatabase, action: str) -> list[dict[str, Any]]:
    """Give what the log tells of an action, oldest first."""
    async with fresh.raw() as root:
        rows = await root.fetch(
            "SELECT leaf, activity FROM log_records WHERE action = $1 ORDER BY entry", action
        )
    assert {row["activity"] for row in rows} <= {"bewaartermijnen/1"}
    return [json.loads(row["leaf"])["bijzonderheden"] for row in rows]


ALL_OF_A_MESSAGE = (
    "messages", "outbox", "message_scope", "terugmeldingen", "natural_keys", "telstand",
    "subject_link",
)  # fmt: skip


async def test_messages_go_with_all_that_hangs_on_them_when_their_term_is_over(
    fresh: TestDatabase, gateway: Database, purge: Database
) -> None:
    old = await make.accept(gateway, schooljaar=OLD, created_at=LAST_SECOND)
    await make.accept(gateway, schooljaar=KEPT, created_at=LAST_SECOND)
    async with gateway.transaction(party=LEERPLICHT, today=TODAY) as conn:
        await mailbox.add_terugmelding(conn, make.terugmelding(old))
    async with gateway.transaction(party=LAS, today=TODAY) as conn:
        await acceptance.claim_natural_key(conn, make.digest(), old.bericht_id)
    async with fresh.raw() as root:
        await root.execute(
            "INSERT INTO message_scope VALUES ($1, '99AA00', '2025-03')", old.bericht_id
        )
        await root.execute(
            "INSERT INTO telstand VALUES ($1, '99AA00', 2024, $2, '16-uur', '2025-06-01',"
            " '2025-06-20')",
            *(old.bericht_id, make.digest()),
        )
    await sweep(purge, LAST_SECOND)
    await run(purge, LAST_SECOND)
    everything = await left_in(fresh, *ALL_OF_A_MESSAGE)
    assert everything.keys() == set(ALL_OF_A_MESSAGE)
    assert everything["messages"] == everything["outbox"] == everything["subject_link"] == 2
    await run(purge, MIDNIGHT)
    assert (await left_in(fresh, "messages"))["messages"] == 2, "first it lapses, on the record"
    await sweep(purge, MIDNIGHT)
    await run(purge, MIDNIGHT)
    assert await left_in(fresh, *ALL_OF_A_MESSAGE) == {
        "messages": 1, "outbox": 1, "subject_link": 1,
    }  # fmt: skip
    async with fresh.raw() as root:
        actions = await root.fetch("SELECT action FROM log_records WHERE leaf IS NOT NULL")
    assert sorted(row["action"] for row in actions) == [
        "bericht-aangenomen", "bericht-aangenomen", "bericht-vervallen",
        "bewaartermijn-uitgevoerd", "sleutel-vernietigd",
    ]  # fmt: skip


async def test_links_go_with_what_they_describe_and_at_the_latest_with_the_schooljaar(
    fresh: TestDatabase, gateway: Database, purge: Database
) -> None:
    """A look-up has no message and no month: its link goes with the schooljaar that it is about."""
    waiting = await make.accept(gateway, schooljaar=OLD)
    async with fresh.raw() as root:
        for jaar in (OLD, KEPT):
            for code in ("99AA00", "99BB00", "99CC00"):
                await root.execute(
                    "INSERT INTO subject_link (entry, blind_index, vestigingscode, schooljaar,"
                    " salt) VALUES (gen_random_uuid(), $1, $2, $3, $4)",
                    *(make.digest(), code, jaar.start, b"s" * 16),
                )
    await run(purge, LAST_SECOND)
    assert await left_in(fresh, "subject_link") == {"subject_link": 7}
    await run(purge, MIDNIGHT)
    async with fresh.raw() as root:
        links = await root.fetch("SELECT schooljaar, bericht_id FROM subject_link ORDER BY 1")
        noted = await root.fetch("SELECT vestigingscode FROM key_destructions ORDER BY 1")
    assert [row["schooljaar"] for row in links] == [2024, 2025, 2025, 2025]
    assert links[0]["bericht_id"] == waiting.bericht_id, "its message did not lapse yet"
    assert [row["vestigingscode"] for row in noted] == ["99AA00", "99BB00", "99CC00"]


FIVE_YEARS_AGO = datetime(2021, 11, 21, tzinfo=UTC)
NINETY_DAYS_AGO = datetime(2026, 8, 23, 12, tzinfo=UTC)
ROWS = {
    "idempotency": f"{DIGEST}, {DIGEST}, gen_random_uuid(), 202, $1",
    "finding_reviews": f"""
        gen_random_uuid(), {DIGEST}, {_OIN}, gen_random_uuid(), 'verklaard', $1
    """,
    "console_accounts": f"gen_random_uuid(), {_OIN}, 'fg', NULL, NULL, '2020-01-01', $1",
    "console_links": f"{DIGEST}, {_ACCOUNT}, $1, NULL",
    "console_logins": f"{DIGEST}, 'sealed', $1",
    "console_sessions": f"""
        {DIGEST}, {_ACCOUNT}, '2026-01-01', '2026-01-01', $1, decode(repeat('01', 32), 'hex'),
        false
    """,
}


@pytest.mark.parametrize(
    ("store", "column", "oldest"),
    [
        ("idempotency", "created_at", NINETY_DAYS_AGO),
        ("finding_reviews", "reviewed_at", FIVE_YEARS_AGO),
        ("console_accounts", "revoked_at", FIVE_YEARS_AGO),
        ("console_links", "expires_at", NOW),
        ("console_logins", "expires_at", NOW),
        ("console_sessions", "expires_at", NOW),
    ],
)
async def test_what_has_a_moment_stays_until_its_term_and_not_a_second_longer(
    fresh: TestDatabase, purge: Database, store: str, column: str, oldest: datetime
) -> None:
    async with fresh.raw() as root:
        await root.execute(
            f"INSERT INTO console_accounts VALUES ({_ACCOUNT}, {_OIN}, 'stays', NULL, NULL, now())"  # noqa: S608  ours
        )
        for moment in (oldest, oldest - A_SECOND):
            await root.execute(f"INSERT INTO {store} SELECT {ROWS[store]}", moment)
        await run(purge, NOW)
        left = await root.fetch(f"SELECT {column} FROM {store} WHERE {column} IS NOT NULL")  # noqa: S608  ours
        assert [found[0] for found in left] == [oldest]
        assert await root.fetchval("SELECT count(*) FROM console_accounts WHERE label = 'stays'")
    assert [report["verwijderd"] for report in await told(fresh, "bewaartermijn-uitgevoerd")] == [
        {store: 1}
    ]


async def logged(gateway: Database, moment: datetime) -> UUID:
    """Write a record as the gateway does; give its entry."""
    happening = Happening(
        action=Action.OPGEHAALD,
        activiteit="mailbox-beheer/1",
        actor=LAS,
        namens=None,
        trace=trace_of({}),
        started_at=moment,
        ended_at=moment,
    )
    made = record(happening, KEYS, SystemIds())
    async with gateway.transaction() as conn:
        await append_record(conn, made)
    return made.entry


@pytest.mark.parametrize(
    "change",
    [
        "leaf = convert_to(replace(convert_from(leaf, 'UTF8'), 'ok', 'fout'), 'UTF8')",
        "leaf_hash = decode(repeat('00', 32), 'hex')",
        "recorded_at = recorded_at - interval '1 day'",
        "entry = gen_random_uuid()",
    ],
)
async def test_a_text_that_cannot_be_checked_stays_and_is_reported(
    fresh: TestDatabase, gateway: Database, purge: Database, change: str
) -> None:
    await logged(gateway, NOW - timedelta(days=6 * 365))
    suspect = await logged(gateway, NOW - timedelta(days=6 * 365))
    async with fresh.raw() as root:
        await root.execute(f"UPDATE log_records SET {change} WHERE entry = $1", suspect)  # noqa: S608  ours
    with capture_logs() as lines:
        await run(purge, NOW)
    assert {line["count"] for line in lines if line["event"] == "log-text-suspect"} == {1}
    async with fresh.raw() as root:
        kept = await root.fetchval(
            "SELECT count(leaf) FROM log_records WHERE action = 'bericht-opgehaald'"
        )
    assert kept == 1


async def test_a_young_text_under_a_false_age_stays(
    fresh: TestDatabase, gateway: Database, purge: Database
) -> None:
    """The moment beside a text is anybody's; the moment in it is the gateway's."""
    await logged(gateway, NOW)
    async with fresh.raw() as root:
        await root.execute("UPDATE log_records SET recorded_at = '2019-01-01'")
        await run(purge, NOW)
        assert await root.fetchval("SELECT count(leaf) FROM log_records") == 1


def mth(hashes: Sequence[bytes]) -> bytes:
    """Give the Merkle tree hash over leaf hashes, as RFC 9162 section 2.1.1 writes it down."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + mth(hashes[:split]) + mth(hashes[split:])).digest()


async def test_the_text_of_the_log_goes_after_five_years_and_the_tree_stays_the_same(
    fresh: TestDatabase, gateway: Database, purge: Database
) -> None:
    five_years_on = datetime(2031, 11, 21, tzinfo=UTC)
    first = await logged(gateway, NOW)
    for _ in range(4):
        await logged(gateway, five_years_on - A_SECOND)
    async with fresh.login("exchange_sealer") as sealer:
        await seal_once(sealer, Seal("verzuim-exchange/test", KEYS, At(NOW)))
    async with fresh.raw() as root:
        tree = await root.fetchrow("SELECT size, root, note FROM log_checkpoints")
        before = await root.fetch("SELECT entry, recorded_at, leaf_hash FROM log_records")
        await run(purge, five_years_on)
        assert await root.fetchval("SELECT count(leaf) FROM log_records") == 5, "a record stays"
        await run(purge, five_years_on + timedelta(days=1))
        kept = await root.fetch(
            "SELECT l.* FROM log_records l JOIN log_leaves p USING (entry) ORDER BY p.index"
        )
        after = await root.fetchrow("SELECT size, root, note FROM log_checkpoints")
    blank = [row for row in kept if row["leaf"] is None]
    assert len(blank) == 1
    assert {name for name, value in blank[0].items() if value is not None} == {
        "entry", "recorded_at", "leaf_hash", "erasure",
    }  # fmt: skip
    erasure = read_erasure(blank[0]["erasure"], first, blank[0]["leaf_hash"], KEYS)
    assert (erasure.erased_at, erasure.ended_at) == (five_years_on + timedelta(days=1), NOW)
    assert {tuple(row) for row in before} == {
        (row["entry"], row["recorded_at"], row["leaf_hash"]) for row in kept
    }
    assert after == tree
    assert mth([row["leaf_hash"] for row in kept]) == tree["root"]


async def test_a_policy_stays_as_long_as_it_held_on_a_day_that_is_kept(
    fresh: TestDatabase, purge: Database
) -> None:
    """On 21 November 2026 the oldest day that is kept is 1 August 2025."""
    versions = {
        "99AA00": ["2023-08-01", "2024-08-01", "2025-08-01", "2026-08-01"],
        "99BB00": ["2023-08-01", "2025-08-02"],
        "99CC00": ["2024-08-01", "2024-08-01", "2023-01-01"],
    }
    async with fresh.raw() as root:
        for code, days in versions.items():
            for versie, day in enumerate(days, start=1):
                await root.execute(
                    f"INSERT INTO verzuimbeleid SELECT $1, $2, $3, $3, 50, '{{}}', '{{}}', '{{}}',"
                    f" '{{}}', {DIGEST}, now(), {_OIN}",
                    *(code, versie, date.fromisoformat(day)),
                )
        await run(purge, NOW)
        left = await root.fetch("SELECT vestigingscode, versie FROM verzuimbeleid ORDER BY 1, 2")
    assert [tuple(row) for row in left] == [
        ("99AA00", 3), ("99AA00", 4), ("99BB00", 1), ("99BB00", 2), ("99CC00", 2), ("99CC00", 3),
    ]  # fmt: skip


async def test_a_calendar_goes_with_the_messages_of_its_schooljaar(
    fresh: TestDatabase, purge: Database
) -> None:
    async with fresh.raw() as root:
        for jaar in (OLD, KEPT):
            await root.execute(
                "INSERT INTO schoolkalenders VALUES ('99AA00', $1, '[]', now(), 'x')", jaar.start
            )
        for moment, left in ((LAST_SECOND, 2), (MIDNIGHT, 1)):
            await run(purge, moment)
            assert await root.fetchval("SELECT count(*) FROM schoolkalenders") == left


async def old_rows(fresh: TestDatabase, number: int) -> None:
    """Have that many idempotency keys of long ago, and that many lapsed messages."""
    async with fresh.raw() as root:
        await root.execute(
            "INSERT INTO idempotency SELECT decode(lpad(to_hex(n), 66, '0'), 'hex'),"
            " decode(repeat('01', 33), 'hex'), gen_random_uuid(), 202, '2020-01-01'"
            " FROM generate_series(1, $1::integer) AS n",
            number,
        )
        await root.execute(
            "INSERT INTO messages (bericht_id, soort, vestigingscode, schooljaar, periode,"
            " event_day, sender, received_at, digest, policy_date, entry, receipt)"
            " SELECT gen_random_uuid(), 'signaal', '99AA00', 2019, '2019-11', '2019-11-30', 'x',"
            " '2019-11-30', decode(repeat('01', 33), 'hex'), '2019-08-01', gen_random_uuid(),"
            " 'sealed' FROM generate_series(1, $1::integer)",
            number,
        )


async def test_two_purgers_at_once_count_every_row_once(
    fresh: TestDatabase, purge: Database
) -> None:
    await old_rows(fresh, 450)
    await asyncio.gather(run(purge, NOW), run(purge, NOW))
    await run(purge, NOW)
    assert await left_in(fresh, "messages", "idempotency") == {}
    reports = [report["verwijderd"] for report in await told(fresh, "bewaartermijn-uitgevoerd")]
    totals = sum((Counter(report) for report in reports), Counter())
    assert totals == {"messages": 450, "idempotency": 450, "key_destructions": 1}


async def test_each_batch_is_bounded(fresh: TestDatabase, purge: Database) -> None:
    await old_rows(fresh, 250)
    cut = cutoffs(NOW, LAW)
    for left in (150, 50, 0, 0):
        async with purge.transaction(today=TODAY) as conn:
            await purging.forget_messages(conn, cut, 100)
            await terms.forget(conn, "idempotency", cut, 100)
        counts = await left_in(fresh, "messages", "idempotency")
        assert counts == ({"messages": left, "idempotency": left} if left else {})


async def test_what_went_before_a_kill_is_reported_by_the_next_run(
    fresh: TestDatabase, purge: Database
) -> None:
    """The first run dies after its first batch; nothing is lost of what it did, nothing doubled."""
    await old_rows(fresh, 150)
    assert await purger(purge, NOW).purge()
    assert await told(fresh, "bewaartermijn-uitgevoerd") == []
    with capture_logs() as lines:
        await run(purge, NOW)
        await run(purge, NOW)
    (report,) = await told(fresh, "bewaartermijn-uitgevoerd")
    assert report == {
        "verwijderd": {"idempotency": 150, "key_destructions": 1, "messages": 150},
        "uitReservekopieenOp": "2026-12-26",
    }
    applied = {
        line["store"]: line["count"] for line in lines if line["event"] == "retention-applied"
    }
    assert applied == report["verwijderd"]


async def test_a_batch_and_its_count_stand_or_fall_together(
    fresh: TestDatabase, purge: Database
) -> None:
    await old_rows(fresh, 3)

    async def dies() -> None:
        async with purge.transaction(today=TODAY) as conn:
            gone = await purging.forget_messages(conn, cutoffs(NOW, LAW), 100)
            await removals.count(conn, gone)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await dies()
    assert await left_in(fresh, "messages", "retention", "key_destructions") == {"messages": 3}


async def test_intake_goes_on_while_a_purge_has_not_committed(
    fresh: TestDatabase, gateway: Database, purge: Database
) -> None:
    await old_rows(fresh, 100)
    async with purge.transaction(today=TODAY) as conn:
        cut = cutoffs(NOW, LAW)
        await removals.count(conn, await purging.forget_messages(conn, cut, 100))
        await terms.forget(conn, "idempotency", cut, 100)
        await erase_texts(conn, KEYS, cut, 100)
        row = await make.accept(gateway)
        async with gateway.transaction(party=LEERPLICHT, today=TODAY) as other:
            assert await mailbox.lock_parcel(other, LEERPLICHT, row.bericht_id)
    assert await left_in(fresh, "messages") == {"messages": 1}


async def test_a_run_that_removes_nothing_leaves_no_record(
    fresh: TestDatabase, gateway: Database, purge: Database
) -> None:
    await make.accept(gateway)
    await run(purge, NOW)
    assert await left_in(fresh, "log_records", "retention") == {"log_records": 1}


async def test_few_large_deliveries_go_at_a_time(fresh: TestDatabase, purge: Database) -> None:
    """Each takes thousands of rows along: a batch ends when it is large enough."""
    await old_rows(fresh, 5)
    async with fresh.raw() as root:
        await root.execute(
            "INSERT INTO message_scope SELECT bericht_id, '99AA00', to_char(n, 'FM0000') || '-01'"
            " FROM messages, generate_series(2000, 2999) AS n"
        )
        await root.execute(
            "INSERT INTO message_scope SELECT bericht_id, to_char(v, 'FM00') || 'BB00',"
            " to_char(n, 'FM0000') || '-01' FROM messages, generate_series(2000, 2999) AS n,"
            " generate_series(10, 18) AS v"
        )
    cut = cutoffs(NOW, LAW)
    for gone in (2, 2, 1):
        async with purge.transaction(today=TODAY) as conn:
            assert (await purging.forget_messages(conn, cut, 100))["messages"] == gone
