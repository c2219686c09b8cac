"""Findings read their window and no more of history, whoever asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from exchange.bootstrap.law import open_finding_rules
from exchange.messages.identifiers import Oin
from exchange.policy.finding_facts import FirstTime, Who
from exchange.policy.finding_rules import RuleName, day_bounds
from exchange.policy.findings import Found, Trail
from exchange.storage import findings
from exchange.storage.database import Connection, Database
from exchange.storage.finding_window import Window
from tests.integration.servers import TestDatabase
from tests.integration.storage import make
from tests.integration.storage.make import FG, LEERPLICHT, NOW, SCHOOL, TODAY, A

HISTORY = """
    INSERT INTO log_records
        (entry, recorded_at, activity, actor, recipient, action, outcome, leaf, leaf_hash)
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7000'
            || lpad(to_hex(n), 16, '8'))::uuid, at,
           CASE WHEN n % 500 = 0 THEN 'sleutelbeheer/1' WHEN n % 500 = 1 THEN 'inzage-betrokkene/1'
                ELSE 'mailbox-beheer/1' END,
           CASE WHEN n % 100 = 0 THEN '{party}' ELSE 'party-' || n % 97 END,
           CASE WHEN n % 100 = 1 THEN '{party}' ELSE 'party-' || n % 89 END,
           CASE WHEN n % 500 = 0 THEN 'sleutel-geregistreerd' ELSE 'bericht-opgehaald' END,
           CASE WHEN n % 300 = 2 THEN 'geweigerd' ELSE 'ok' END,
           convert_to('{{"bijzonderheden": {{"kid": "k", "reden": "KLACHT"}}}}' || repeat(' ', 500),
                      'UTF8'),
           decode(repeat('01', 32), 'hex')
    FROM (SELECT n, timestamptz '{now}' - (60000 - n) * interval '8 minutes' AS at
          FROM generate_series(1, 60000) n) made;
    INSERT INTO subject_link
    SELECT entry, decode(repeat('01', 33), 'hex'), NULL,
           to_char((row_number() OVER ()) % 90 + 10, 'FM00') || 'AA00', 2026,
           decode(repeat('01', 16), 'hex')
    FROM log_records;
    INSERT INTO vestigingen (code, geldig_van, gemeente, sector, swv)
    VALUES ('{vestiging}', '2000-01-01', '0361', 'vo', 'VO2703') ON CONFLICT DO NOTHING;
    ANALYZE;
"""
SCANS = text("""
    SELECT c.relname, pg_stat_get_xact_numscans(c.oid) AS scans,
           pg_stat_get_xact_tuples_fetched(c.oid) AS fetched
    FROM pg_class c
    WHERE c.relnamespace = CAST('public' AS regnamespace) AND c.relkind IN ('r', 'i')
""")
ACTIVITIES = ("sleutelbeheer/1", "inzage-betrokkene/1")
ACTOR, ACTIVITY = "log_records_by_actor", "log_records_by_activity"
ANY = "log_records_pkey"  # or by activity: both begin at the least id of the window
Question = Callable[[Connection, Window], Awaitable[Any]]


@pytest.fixture(scope="module", autouse=True)
async def history(fresh: TestDatabase, operator: Database) -> None:
    await make.connect_everybody(operator)
    async with fresh.raw() as root:
        filled = HISTORY.format(party=LEERPLICHT, vestiging=A, now=NOW.isoformat())
        await root.execute(filled)


def window(party: Oin) -> Window:
    """Give five days of nearly a year."""
    own = {SCHOOL: (A,), LEERPLICHT: ()}.get(party)
    rules = open_finding_rules().on(TODAY)
    return Window(NOW - timedelta(days=5), NOW, str(party), own, rules, ACTIVITIES)


PAIRS = [FirstTime(Who(f"party-{n}"), "mailbox-beheer/1", False, NOW, 1) for n in range(97)]
PAIRS += [FirstTime(Who(f"party-{n}"), f"party-{n}", True, NOW, 1) for n in range(89)]
DAY = day_bounds(TODAY)
FOUND = [
    Found(RuleName.VEEL, Who(f"party-{n}"), *DAY, 3, "", Trail.LEZEN) for n in range(97)
]  # fmt: skip


@pytest.mark.parametrize(
    ("index", "ask"),
    [
        ("log_records_by_age", findings.count_window),
        ("log_records_by_doing", lambda c, w: findings.first_times(c, PAIRS, w)),
        ("log_records_by_sending", lambda c, w: findings.first_times(c, PAIRS, w)),
        ("log_records_not_ok", findings.refused_minutes),
        (ANY, lambda c, w: findings.key_changes(c, w, ACTIVITIES)),
        (ACTIVITY, lambda c, w: findings.pupil_looks(c, w, ACTIVITIES)),
        (ACTOR, lambda c, w: findings.entries_of(c, FOUND, w)),
    ],
)
async def test_the_officer_of_all_reads_its_window(
    fresh: TestDatabase, index: str, ask: Question
) -> None:
    used, whole = await _asked(fresh, FG, ask)
    assert used[index] or (index == ANY and used[ACTIVITY])
    assert whole == {"log_records": 0, "subject_link": 0}


@pytest.mark.parametrize("party", [LEERPLICHT, SCHOOL])
async def test_the_officer_of_one_party_reads_what_is_its_own(
    fresh: TestDatabase, party: Oin
) -> None:
    async def everything(conn: Connection, asked: Window) -> None:
        own = await findings.scope(conn, asked)
        assert own.own
        assert len(own.own) < 200
        counted = await findings.count_window(conn, own)
        await findings.first_times(conn, counted.pairs, own)
        await findings.refused_minutes(conn, own)

    used, whole = await _asked(fresh, party, everything)
    assert used["log_records_pkey"] > 0
    assert whole == {"log_records": 0, "subject_link": 0}


async def test_what_the_log_holds_is_what_is_counted(fresh: TestDatabase) -> None:
    async with fresh.login("exchange_gateway", pool_size=1) as gateway:
        asked = window(FG)
        async with gateway.transaction(party=FG, today=TODAY) as conn:
            counted = await findings.count_window(conn, asked)
    async with fresh.raw() as root:
        rows = await root.fetch(
            "SELECT actor, (recorded_at AT TIME ZONE 'Europe/Amsterdam')::date AS day, count(*) n,"
            " count(*) FILTER (WHERE extract(isodow FROM recorded_at AT TIME ZONE"
            " 'Europe/Amsterdam') > 5 OR extract(hour FROM recorded_at AT TIME ZONE"
            " 'Europe/Amsterdam') NOT BETWEEN 7 AND 19) AS outside"
            " FROM log_records WHERE recorded_at >= $1 AND recorded_at < $2"
            " AND action = 'bericht-opgehaald' GROUP BY 1, 2",
            asked.since,
            asked.until,
        )
    expected = {(row["actor"], row["day"]): (row["n"], row["outside"]) for row in rows}
    assert {(day.who.oin, day.day): (day.count, day.outside) for day in counted.reading} == expected
    assert sum(day.count for day in counted.reading) > 800


@pytest.mark.parametrize("party", [LEERPLICHT, SCHOOL])
async def test_own_entries_are_those_that_row_security_shows(
    fresh: TestDatabase, party: Oin
) -> None:
    first, last = UUID(int=0), UUID(int=2**128 - 1)
    async with fresh.raw("exchange_gateway", party=party, today=TODAY) as api:
        shown = await api.fetch("SELECT entry FROM log_records ORDER BY entry")
        asked = "SELECT * FROM exchange_own_entries($1, $2) AS own(entry) ORDER BY entry"
        own = await api.fetch(asked, first, last)
        some = await api.fetch(asked, shown[3]["entry"], shown[9]["entry"])
    assert own == shown
    assert len(shown) > 600
    assert some == shown[3:9]


@pytest.mark.parametrize("party", [FG, LEERPLICHT, SCHOOL])
@pytest.mark.parametrize("few", [True, False])
async def test_a_pair_is_new_exactly_when_the_log_shows_nothing_of_it_before(
    fresh: TestDatabase, party: Oin, few: bool
) -> None:
    asked = replace(window(party), own=(UUID(int=1),) if few and party != FG else None)
    back = asked.since - timedelta(days=asked.rules.number(RuleName.EERSTE_KEER, "dagen"))
    pairs = [*PAIRS, FirstTime(Who("party-1"), "leveringen/1", False, NOW, 1)]
    pairs += [FirstTime(Who(str(party)), other.other, True, NOW, 1) for other in PAIRS[-20:]]
    async with fresh.raw("exchange_gateway", party=party, today=TODAY) as api:
        before = await api.fetch(
            "SELECT DISTINCT actor, recipient, activity FROM log_records"
            " WHERE recorded_at >= $1 AND recorded_at < $2",
            back,
            asked.since,
        )
    met = {(row["actor"], row["recipient"]) for row in before}
    did = {(row["actor"], row["activity"]) for row in before}
    expected = [p for p in pairs if (p.who.oin, p.other) not in (met if p.is_recipient else did)]
    async with (
        fresh.login("exchange_gateway", pool_size=1) as gateway,
        gateway.transaction(party=party, today=TODAY) as conn,
    ):
        new = await findings.first_times(conn, pairs, asked)
    assert list(new) == expected
    assert 0 < len(new) < len(pairs)


async def _asked(
    fresh: TestDatabase, party: Oin, ask: Question
) -> tuple[dict[str, int], dict[str, int]]:
    """Ask often, as in daily life; give how often each index, and each table whole, was scanned."""
    scans: dict[str, int] = {}
    async with fresh.login("exchange_gateway", pool_size=1) as gateway:
        for _ in range(7):
            async with gateway.transaction(party=party, today=TODAY) as conn:
                await ask(conn, window(party))
                for row in await conn.execute(SCANS):
                    scans[row.relname] = scans.get(row.relname, 0) + row.scans
    return scans, {table: scans[table] for table in ("log_records", "subject_link")}
