"""What finds records of the log at once: by action, by what went wrong, and by a school's own."""

from exchange.storage.migrations.script import run

revision = "0010"
down_revision = "0009"

INDEXES = """
CREATE INDEX log_records_by_action ON log_records (action, entry) WHERE action IS NOT NULL;

DROP INDEX log_records_not_ok;

CREATE INDEX log_records_not_ok ON log_records (outcome, entry) INCLUDE (action)
    WHERE outcome <> 'ok';

CREATE INDEX subject_link_by_vestiging ON subject_link (vestigingscode, entry)
"""

# The rule of 0003 asked for every link of a record whether its vestiging may be seen: of a delivery
# about thirty thousand pupils that took a second. Now a caller's vestigingen are looked up once.
POLICY = """
DROP POLICY api_sees ON log_records;

CREATE POLICY api_sees ON log_records FOR SELECT TO verzuim_api USING (
    actor = exchange_party()
    OR recipient = exchange_party()
    OR (SELECT exchange_is_fg())
    OR EXISTS (
        SELECT FROM subject_link s
        WHERE s.entry = log_records.entry
          AND s.vestigingscode = ANY (ARRAY(SELECT exchange_seen_vestigingen()))
    )
)
"""

# Counts for the operator's FG. They read an index and no row, which under row security cannot be:
# so they run as the owner and ask themselves who calls.
FUNCTIONS = """
CREATE FUNCTION exchange_log_counts(bounds uuid[])
    RETURNS TABLE (slice integer, action text, outcome text, records bigint)
    SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
    SET enable_bitmapscan = off LANGUAGE sql STABLE
    BEGIN ATOMIC
        WITH RECURSIVE known(action) AS (
            (SELECT l.action FROM log_records l WHERE l.action IS NOT NULL
             ORDER BY l.action, l.entry LIMIT 1)
            UNION ALL
            SELECT (SELECT l.action FROM log_records l WHERE l.action > k.action
                    ORDER BY l.action, l.entry LIMIT 1)
            FROM known k WHERE k.action IS NOT NULL
        ), slices(slice, first, next) AS (
            SELECT n, bounds[n], bounds[n + 1]
            FROM generate_series(1, array_length(bounds, 1) - 1) AS n
        ), failed AS (
            SELECT s.slice, l.action, l.outcome, count(*) AS records
            FROM slices s, unnest(ARRAY['geweigerd', 'fout']) AS o(outcome), log_records l
            WHERE l.outcome = o.outcome AND l.outcome <> 'ok'
              AND l.entry >= s.first AND l.entry < s.next
            GROUP BY s.slice, l.action, l.outcome
        ), of_action AS (
            SELECT s.slice, k.action,
                   (SELECT count(*) FROM log_records l
                    WHERE l.action = k.action AND l.entry >= s.first AND l.entry < s.next)
                   - coalesce((SELECT sum(f.records) FROM failed f
                               WHERE f.slice = s.slice AND f.action = k.action), 0) AS records
            FROM slices s, known k WHERE k.action IS NOT NULL
        )
        SELECT found.slice, found.action, found.outcome, found.records FROM (
            SELECT f.slice, f.action, f.outcome, f.records FROM failed f
            UNION ALL
            SELECT o.slice, o.action, 'ok', o.records::bigint FROM of_action o
        ) AS found
        WHERE found.records > 0 AND exchange_is_fg();
    END;

CREATE FUNCTION exchange_log_actors(bounds uuid[])
    RETURNS TABLE (slice integer, actor text, records bigint)
    SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
    SET enable_bitmapscan = off LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT n, p.oin, counted.records
        FROM generate_series(1, array_length(bounds, 1) - 1) AS n, parties p,
             LATERAL (SELECT count(*) AS records FROM log_records l
                      WHERE l.actor = p.oin AND l.entry >= bounds[n] AND l.entry < bounds[n + 1]
                     ) AS counted
        WHERE counted.records > 0 AND exchange_is_fg();
    END;

REVOKE EXECUTE ON FUNCTION exchange_log_counts, exchange_log_actors FROM PUBLIC;

GRANT EXECUTE ON FUNCTION exchange_log_counts, exchange_log_actors TO verzuim_api
"""


def upgrade() -> None:
    """Make the indexes, then what uses them."""
    for script in (INDEXES, POLICY, FUNCTIONS):
        run(script)
