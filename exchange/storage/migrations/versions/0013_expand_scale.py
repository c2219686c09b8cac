"""What keeps a question from growing with history: indexes, functions, and tables cleaned early."""

from exchange.storage.migrations.script import run

revision = "0013"
down_revision = "0012"

# A mailbox holds all that its recipient ever acknowledged: what ended otherwise is rare in it, and
# is not looked for through all of that. The vestigingen of a school are found by its BRIN.
INDEXES = """
CREATE INDEX outbox_ended ON outbox (recipient, status, bericht_id)
    WHERE status IN ('geweigerd', 'ingetrokken', 'vervallen');

CREATE INDEX log_records_by_doing ON log_records (actor, activity, entry)
    WHERE actor IS NOT NULL;

CREATE INDEX log_records_by_sending ON log_records (actor, recipient, entry)
    WHERE recipient IS NOT NULL;

CREATE INDEX telstand_by_term ON telstand (schooljaar);

CREATE INDEX vestigingen_by_brin ON vestigingen ("left"(code, 4))
"""

# Who names the vestigingen that it asks about (exchange.asked: codes with a space between, for one
# transaction) has only those looked up; a supplier of thousands would pay for all of them in every
# statement. The setting can only narrow what is seen.
SEEN = """
CREATE OR REPLACE FUNCTION exchange_seen_vestigingen() RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 50
    BEGIN ATOMIC
        SELECT a.code
        FROM unnest(string_to_array(current_setting('exchange.asked', true), ' ')) AS a(code)
        WHERE exchange_sees_vestiging(a.code)
          AND (EXISTS (SELECT FROM vestigingen v WHERE v.code = a.code)
               OR EXISTS (SELECT FROM mandates m
                          WHERE m.supplier = exchange_party() AND m.principal = a.code
                            AND m.dienst = 'aanleveren' AND m.revoked_at IS NULL
                            AND m.geldig_van <= exchange_today()
                            AND (m.geldig_tot IS NULL OR exchange_today() <= m.geldig_tot)))
        UNION ALL
        (
            SELECT v.code FROM vestigingen v
            JOIN grants g ON g.role = 'school' AND g.remit = left(v.code, 4)
            JOIN parties p ON p.oin = g.oin
            WHERE g.oin = exchange_party() AND g.revoked_at IS NULL AND p.revoked_at IS NULL
              AND exchange_today() IS NOT NULL
              AND nullif(current_setting('exchange.asked', true), '') IS NULL
            UNION
            SELECT m.principal FROM mandates m
            JOIN parties p ON p.oin = m.supplier
            WHERE m.supplier = exchange_party() AND m.dienst = 'aanleveren'
              AND m.revoked_at IS NULL AND p.revoked_at IS NULL
              AND m.geldig_van <= exchange_today()
              AND (m.geldig_tot IS NULL OR exchange_today() <= m.geldig_tot)
              AND nullif(current_setting('exchange.asked', true), '') IS NULL
        );
    END
"""

# The same judgement; in plpgsql its plan is kept for the session, where PostgreSQL before 18 plans
# an SQL function anew in every statement. Names are qualified: they are looked up when it runs.
SEES = """
CREATE OR REPLACE FUNCTION exchange_sees_vestiging(code text) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 500 AS $$
BEGIN
    RETURN public.exchange_today() IS NOT NULL
        AND EXISTS (
            SELECT FROM public.parties p
            WHERE p.oin = public.exchange_party() AND p.revoked_at IS NULL
        )
        AND (
            EXISTS (
                SELECT FROM public.mandates m
                WHERE m.supplier = public.exchange_party() AND m.principal = code
                  AND m.dienst = 'aanleveren' AND m.revoked_at IS NULL
                  AND m.geldig_van <= public.exchange_today()
                  AND (m.geldig_tot IS NULL OR public.exchange_today() <= m.geldig_tot)
            )
            OR EXISTS (
                SELECT FROM public.grants g
                WHERE g.oin = public.exchange_party() AND g.role = 'school'
                  AND g.remit = pg_catalog.left(code, 4) AND g.revoked_at IS NULL
            )
        );
END
$$
"""

# The entries that a caller may see because they are its own, by the very rule of log_records; those
# about pupils only of the vestigingen that are named, if any are. Of a delivery about thousands of
# pupils row security would ask for each link; here only an index is read. It runs as the owner and
# asks itself who calls.
FUNCTIONS = """
CREATE FUNCTION exchange_own_entries(first uuid, next uuid, about text[] DEFAULT NULL)
    RETURNS SETOF uuid
    SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
    LANGUAGE sql STABLE ROWS 1000
    BEGIN ATOMIC
        SELECT l.entry FROM log_records l
        WHERE l.actor = exchange_party() AND l.entry >= first AND l.entry < next
        UNION
        SELECT l.entry FROM log_records l
        WHERE l.recipient = exchange_party() AND l.entry >= first AND l.entry < next
        UNION
        SELECT linked.entry FROM exchange_seen_vestigingen() AS code CROSS JOIN LATERAL (
            SELECT DISTINCT s.entry FROM subject_link s
            WHERE s.vestigingscode = code AND s.entry >= first AND s.entry < next
        ) AS linked
        WHERE about IS NULL OR code = ANY (about);
    END;

CREATE FUNCTION exchange_own_log_counts(bounds uuid[])
    RETURNS TABLE (slice integer, action text, outcome text, actor text, records bigint)
    SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT width_bucket(l.entry, bounds), l.action, l.outcome, l.actor, count(*)
        FROM exchange_own_entries(bounds[1], bounds[array_length(bounds, 1)]) AS own(entry)
        JOIN log_records l USING (entry)
        WHERE l.action IS NOT NULL
        GROUP BY 1, 2, 3, 4;
    END;

REVOKE EXECUTE ON FUNCTION exchange_own_entries, exchange_own_log_counts FROM PUBLIC;

GRANT EXECUTE ON FUNCTION exchange_own_entries, exchange_own_log_counts TO verzuim_api
"""

# By default a table is cleaned when a fifth of it is dead, and of one that only grows the index
# alone answers when a fifth of it is new: that is ever later. So both are counted in rows.
CLEANING = """
ALTER TABLE log_pending SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000
);

ALTER TABLE tally_due SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000
);

ALTER TABLE outbox SET (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0.02
);

ALTER TABLE log_records SET (
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000,
    autovacuum_analyze_scale_factor = 0.02
);

ALTER TABLE subject_link SET (
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000,
    autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02
);

ALTER TABLE idempotency SET (autovacuum_vacuum_scale_factor = 0.05);

ALTER TABLE registration_ids SET (autovacuum_vacuum_scale_factor = 0.05)
"""


def upgrade() -> None:
    """Make the indexes and the functions, then say when to clean."""
    for script in (INDEXES, SEEN, SEES, FUNCTIONS, CLEANING):
        run(script)
