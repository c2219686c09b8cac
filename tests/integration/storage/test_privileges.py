"""Each role has exactly the rights on this page, and everybody else has none (C33, C35)."""

from datetime import UTC, datetime

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest

from exchange.storage.logins import LOGINS
from exchange.storage.schema import migrate
from tests.integration.servers import TestDatabase

RIGHTS = """
    SELECT r.rolname AS role, c.relname AS what, lower(a.privilege_type) AS may
    FROM pg_class c CROSS JOIN aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
    WHERE c.relnamespace = 'public'::regnamespace AND r.rolname <> 'verzuim_migrator'
    UNION ALL
    SELECT r.rolname, c.relname,
           lower(a.privilege_type) || ': ' || string_agg(t.attname, ' ' ORDER BY t.attname)
    FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid CROSS JOIN aclexplode(t.attacl) a
    JOIN pg_roles r ON r.oid = a.grantee
    WHERE c.relnamespace = 'public'::regnamespace
    GROUP BY r.rolname, c.relname, a.privilege_type
"""

DIRECTORY = ("parties", "grants", "mandates", "recipient_keys", "vestigingen", "gemeenten")
PUSH = "push_due_at push_lease_until push_status"
TREE = {
    table: {"select"} for table in ("log_leaves", "log_tiles", "log_checkpoints", "log_witnesses")
}
SESSIONS = ("console_links", "console_logins", "console_sessions")
FOLDED = {
    "tally_due": {"select", "delete"},
    "tally": {"select", "insert", "update"},
    "registrations": {"select: categorie datum minuten pupil vestigingscode"},
    "messages": {"select: periode soort vestigingscode withdrawn_at"},
    "leerlingaantallen": {"select"},
    "schoolcijfers": {"select"},
    "month_sources": {"select"},
}
SWEPT = "purpose push_due_at push_lease_until push_status recipient rol schooljaar soort status"

EXPECTED = {
    "verzuim_api": {
        **{table: {"select"} for table in DIRECTORY},
        "alembic_version": {"select"},
        "recipient_keys": {"select", "insert", "update: approved_at status"},
        "verzuimbeleid": {"select", "insert"},
        "schoolkalenders": {"select", "insert", "update: lesvrij put_at put_by"},
        "messages": {"select", "insert", "update: withdrawn_at withdrawn_by"},
        "outbox": {
            "select",
            "insert",
            (
                f"update: acknowledged_at afsluitreden erased_at fetched_at handling payload {PUSH}"
                " refusal status"
            ),
        },
        "terugmeldingen": {"select", "insert"},
        "idempotency": {"select", "insert"},
        "natural_keys": {"select", "insert", "update: bericht_id", "delete"},
        "log_records": {"select", "insert"},
        "subject_link": {"select", "insert"},
        "message_scope": {"select", "insert"},
        "month_sources": {"select", "insert", "update: bron"},
        "telstand": {"select", "insert", "delete"},
        "registrations": {"select", "insert", "delete"},
        "registration_ids": {"select", "insert", "update: content datum withdrawn"},
        "leerlingaantallen": {
            "select",
            "insert",
            "update: geplande_minuten leerlingen put_at put_by",
        },
        "schoolcijfers": {
            "select",
            "insert",
            (
                "update: geoorloofd_grootste geoorloofd_leerlingen geoorloofd_minuten"
                " geplande_minuten leerlingen leerlingen_met_ongeoorloofd ongeoorloofd_grootste"
                " ongeoorloofd_leerlingen ongeoorloofd_minuten put_at put_by trede1 trede2 trede3"
            ),
        },
        "tally_due": {"insert: periode vestigingscode"},
        "releases": {
            (
                "select: certificate_digest drempel entry manifest nummer periode released_at"
                " stand withdrawn_at withdrawn_entry"
            )
        },
        "release_files": {"select"},
        "release_sealed": {"select", "insert"},
        **TREE,
        "log_pending": {"insert", "select: recorded_at"},
        "log_cosignatures": {"select", "insert"},
        "console_accounts": {"select"},
        "console_links": {"select", "update: used_at"},
        "console_logins": {"select", "insert", "delete"},
        "console_sessions": {"select", "insert", "delete", "update: seen_at"},
        "finding_reviews": {"select", "insert"},
        "retention": {"select"},
    },
    "verzuim_sealer": {
        "alembic_version": {"select"},
        "log_pending": {"select", "delete"},
        "log_leaves": {"select", "insert"},
        "log_tiles": {"select", "insert", "update: hashes"},
        "log_checkpoints": {"select", "insert"},
    },
    "verzuim_worker": {
        **{table: {"select"} for table in DIRECTORY},
        **FOLDED,
        "alembic_version": {"select"},
        "outbox": {
            (
                "select: bericht_id created_at parked_at purpose push_attempt"
                f" {PUSH} recipient rol schooljaar soort status vestigingscode"
            ),
            f"update: parked_at push_attempt {PUSH} status",
        },
        "terugmeldingen": {"insert"},
        "log_records": {"select", "insert"},
        "log_pending": {"insert"},
        "subject_link": {"select", "insert"},
        "releases": {"select: nummer withdrawn_at"},
        "release_notices": {"select", f"update: push_attempt {PUSH}"},
    },
    "verzuim_purge": {
        "alembic_version": {"select"},
        "outbox": {
            (
                "select: acknowledged_at bericht_id created_at erased_at parked_at"
                f" {SWEPT} vestigingscode"
            ),
            f"update: erased_at parked_at payload {PUSH} status",
        },
        "terugmeldingen": {"insert"},
        "messages": {"select: bericht_id schooljaar vestigingscode", "delete"},
        "message_scope": {"select: bericht_id periode vestigingscode"},
        "verzuimbeleid": {"select: geldig_vanaf versie vestigingscode", "delete"},
        "schoolkalenders": {"select: schooljaar vestigingscode", "delete"},
        "finding_reviews": {"select: review reviewed_at", "delete"},
        "console_accounts": {"select: account revoked_at", "delete"},
        "retention": {"select", "insert", "update"},
        "key_destructions": {"select", "insert", "update: destroyed_at entry"},
        "idempotency": {"select: created_at key_digest", "delete"},
        "log_records": {
            "select: activity entry leaf leaf_hash recorded_at",
            "insert",
            "update: action activity actor bericht_id erasure leaf outcome recipient",
        },
        "log_pending": {"insert"},
        **{table: {"select: digest expires_at", "delete"} for table in SESSIONS},
        "subject_link": {
            "select: bericht_id blind_index entry periode schooljaar vestigingscode",
            "insert",
            "delete",
        },
        "registrations": {"select: datum vestigingscode", "delete"},
        "registration_ids": {"select: datum vestigingscode", "delete"},
        "telstand": {"select: bericht_id schooljaar", "delete"},
        "leerlingaantallen": {"select: periode vestigingscode", "delete"},
        "schoolcijfers": {"select: periode vestigingscode", "delete"},
        "month_sources": {"select: periode vestigingscode", "delete"},
        "tally_due": {"select: periode", "delete"},
        "tally": {"select: periode", "delete"},
        "releases": {"select: nummer periode released_at", "delete"},
        "release_certificates": {"select: nummer", "delete"},
    },
    "verzuim_reader": {
        **{table: {"select"} for table in DIRECTORY},
        "swv_regio": {"select"},
        "alembic_version": {"select"},
        "verzuimbeleid": {
            (
                "select: criteria elementen geldig_vanaf lesuur_in_minuten put_at put_by"
                " vastgesteld_op versie vestigingscode"
            )
        },
        "schoolkalenders": {"select"},
        "messages": {
            (
                "select: bericht_id betreft entry periode policy_date received_at schooljaar sender"
                " soort vestigingscode withdrawn_at withdrawn_by"
            )
        },
        "outbox": {
            (
                "select: acknowledged_at afsluitreden bericht_id created_at erased_at fetched_at"
                " handling kid parked_at purpose push_attempt push_due_at push_lease_until"
                " push_status recipient refusal rol schooljaar soort status vestigingscode"
            )
        },
        "terugmeldingen": {"select"},
        "log_records": {"select"},
        "message_scope": {"select"},
        "month_sources": {"select"},
        "leerlingaantallen": {"select"},
        "schoolcijfers": {"select"},
        "tally": {"select"},
        "releases": {"select"},
        "release_files": {"select"},
        **TREE,
        "log_pending": {"select"},
        "log_cosignatures": {"select"},
        "console_accounts": {"select"},
        "finding_reviews": {"select"},
        "retention": {"select"},
        "key_destructions": {"select"},
    },
    "verzuim_operator": {
        **FOLDED,
        "alembic_version": {"select"},
        "parties": {"select", "insert", "update: name push_url revoked_at"},
        "grants": {"select", "insert", "update: revoked_at"},
        "mandates": {"select", "insert", "update: betreft_vanaf geldig_tot revoked_at"},
        "recipient_keys": {"select", "insert", "update: approved_at status"},
        "vestigingen": {
            "select",
            "insert",
            "update: bevoegd_gezag bron geldig_tot gemeente naam postcode4 sector swv",
        },
        "gemeenten": {"select", "insert", "update: bron geldig_tot naam"},
        "swv_regio": {"select", "insert", "update: geldig_tot swv_po swv_vo"},
        "log_records": {"insert"},
        "log_pending": {"insert"},
        "log_witnesses": {"select", "insert", "update: revoked_at"},
        "console_accounts": {"select", "insert", "update: revoked_at"},
        "console_links": {"select", "insert"},
        "releases": {"select", "insert", "update: withdrawn_at withdrawn_entry"},
        "release_certificates": {"insert"},
        "release_files": {"select", "insert"},
        "release_notices": {"select", "insert", f"update: {PUSH}"},
    },
}


async def test_every_role_has_exactly_the_expected_rights(fresh: TestDatabase) -> None:
    async with fresh.raw() as root:
        rows = await root.fetch(RIGHTS)
    found: dict[str, dict[str, set[str]]] = {}
    for row in rows:
        found.setdefault(row["role"], {}).setdefault(row["what"], set()).add(row["may"])
    assert found == EXPECTED


async def test_logins_are_members_of_one_group_and_have_no_power_of_their_own(
    fresh: TestDatabase,
) -> None:
    async with fresh.raw() as root:
        rows = await root.fetch(
            "SELECT m.rolname AS login, array_agg(g.rolname) AS groups,"
            " bool_or(m.rolsuper OR m.rolcreatedb OR m.rolcreaterole OR m.rolreplication"
            "         OR m.rolbypassrls) AS powerful"
            " FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member"
            " JOIN pg_roles g ON g.oid = a.roleid WHERE m.rolname = ANY($1) GROUP BY 1",
            list(LOGINS),
        )
    assert {row["login"]: row["groups"] for row in rows} == {k: [v] for k, v in LOGINS.items()}
    assert not any(row["powerful"] for row in rows)


async def test_whatever_the_server_logs_it_logs_no_value_of_ours(fresh: TestDatabase) -> None:
    async with fresh.raw() as root:
        rows = await root.fetch(
            "SELECT rolname, rolconfig FROM pg_roles WHERE rolname = ANY($1)", list(LOGINS)
        )
    assert len(rows) == len(LOGINS)
    for row in rows:
        assert set(row["rolconfig"]) == {
            "log_parameter_max_length=0",
            "log_parameter_max_length_on_error=0",
            "log_error_verbosity=terse",
        }


async def test_groups_cannot_log_in_and_bypass_nothing(fresh: TestDatabase) -> None:
    async with fresh.raw() as root:
        rows = await root.fetch("SELECT * FROM pg_roles WHERE rolname LIKE 'verzuim\\_%'")
    assert len(rows) == 7
    assert not any(row["rolcanlogin"] or row["rolsuper"] or row["rolbypassrls"] for row in rows)


async def test_the_public_has_nothing(fresh: TestDatabase) -> None:
    await migrate(fresh.url)  # a copied database starts open; migrating closes it
    async with fresh.raw() as root:
        open_to_all = await root.fetch(
            """
            SELECT 'database' AS what FROM pg_database, aclexplode(coalesce(datacl,
                   acldefault('d', datdba))) WHERE datname = current_database() AND grantee = 0
            UNION ALL SELECT 'schema' FROM pg_namespace, aclexplode(coalesce(nspacl,
                   acldefault('n', nspowner))) WHERE nspname = 'public' AND grantee = 0
            UNION ALL SELECT relname FROM pg_class, aclexplode(relacl)
                   WHERE relnamespace = 'public'::regnamespace AND grantee = 0
            UNION ALL SELECT proname FROM pg_proc, aclexplode(coalesce(proacl,
                   acldefault('f', proowner)))
                   WHERE pronamespace = 'public'::regnamespace AND grantee = 0
            """
        )
    assert [row["what"] for row in open_to_all] == []


async def test_what_is_made_later_is_closed_until_it_is_granted(fresh: TestDatabase) -> None:
    async with fresh.raw() as root:
        await root.execute("SET ROLE verzuim_migrator")
        await root.execute("CREATE FUNCTION later() RETURNS int LANGUAGE sql RETURN 1")
        await root.execute("CREATE TABLE later_table (a int)")
        await root.execute("RESET ROLE")
        for login in LOGINS:
            may = await root.fetchrow(
                "SELECT has_function_privilege($1, 'later()', 'EXECUTE'),"
                " has_table_privilege($1, 'later_table', 'SELECT, INSERT, UPDATE, DELETE')",
                login,
            )
            assert tuple(may) == (False, False)
        await root.execute("DROP FUNCTION later()")
        await root.execute("DROP TABLE later_table")


@pytest.mark.parametrize("login", sorted(LOGINS))
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (a int)",
        "CREATE TEMP TABLE grants (a int)",
        "CREATE SCHEMA mine",
        "ALTER TABLE log_records DISABLE ROW LEVEL SECURITY",
        "TRUNCATE log_records",
        "DELETE FROM log_records",
        "UPDATE log_records SET leaf_hash = decode(repeat('00', 32), 'hex')",
        "UPDATE subject_link SET salt = decode(repeat('00', 16), 'hex')",
        "SET ROLE verzuim_migrator",
    ],
)
async def test_no_login_can_do_this(fresh: TestDatabase, login: str, statement: str) -> None:
    await migrate(fresh.url)
    async with fresh.raw(login) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_only_old_records_lose_their_text_and_they_lose_nothing_else(
    fresh: TestDatabase,
) -> None:
    async with fresh.raw() as root:
        for number, year in enumerate((2020, 2026)):
            await root.execute(
                "INSERT INTO log_records VALUES (gen_random_uuid(), $1, 'a/1', NULL, NULL, NULL,"
                " 'ok', 'leaf', decode(repeat($2, 32), 'hex'))",
                datetime(year, 1, 1, tzinfo=UTC),
                f"0{number}",
            )
    blank = (
        "UPDATE log_records SET leaf = NULL, activity = NULL, outcome = NULL,"
        " erasure = decode(repeat('01', 49), 'hex')"
    )
    async with fresh.raw("exchange_purge") as connection:
        assert await connection.execute(blank) == "UPDATE 0"  # no day known: nothing is old
        await connection.execute("SELECT set_config('exchange.today', '2026-11-21', false)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute("UPDATE log_records SET leaf = 'other'")
        assert await connection.execute(blank) == "UPDATE 1"
    async with fresh.raw() as root:
        kept = await root.fetch("SELECT leaf, leaf_hash FROM log_records ORDER BY recorded_at")
    assert [row["leaf"] for row in kept] == [None, b"leaf"]
    assert all(row["leaf_hash"] for row in kept)
