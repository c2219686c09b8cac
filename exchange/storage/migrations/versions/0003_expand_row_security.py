"""Which rows the api sees: those of the party that asks, today. Nobody asks, nothing is seen."""

from exchange.storage.migrations.script import run

revision = "0003"
down_revision = "0002"

# The body of each function is parsed now and bound to these very tables: no search_path of a
# caller can put other ones in their place. COST makes the planner try every cheaper test first.
FUNCTIONS = """
CREATE FUNCTION exchange_party() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('exchange.party', true), '');

CREATE FUNCTION exchange_today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('exchange.today', true), '')::date;

CREATE FUNCTION exchange_sees_vestiging(code text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE COST 500
    RETURN exchange_today() IS NOT NULL
        AND EXISTS (SELECT FROM parties p WHERE p.oin = exchange_party() AND p.revoked_at IS NULL)
        AND (
            EXISTS (
                SELECT FROM grants g
                WHERE g.oin = exchange_party() AND g.role = 'school' AND g.remit = left(code, 4)
                  AND g.revoked_at IS NULL
            )
            OR EXISTS (
                SELECT FROM mandates m
                WHERE m.supplier = exchange_party() AND m.principal = code
                  AND m.dienst = 'aanleveren' AND m.revoked_at IS NULL
                  AND m.geldig_van <= exchange_today()
                  AND (m.geldig_tot IS NULL OR exchange_today() <= m.geldig_tot)
            )
        );

CREATE FUNCTION exchange_is_fg() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE COST 500
    RETURN exchange_today() IS NOT NULL AND EXISTS (
        SELECT FROM grants g JOIN parties p USING (oin)
        WHERE g.oin = exchange_party() AND g.role = 'fg'
          AND g.revoked_at IS NULL AND p.revoked_at IS NULL
    );

GRANT EXECUTE ON FUNCTION exchange_party, exchange_today, exchange_sees_vestiging, exchange_is_fg
    TO verzuim_api;

GRANT EXECUTE ON FUNCTION exchange_today TO verzuim_purge
"""

# SELECT and UPDATE are guarded by party. INSERT of messages, parcels and log rows is not: one
# transaction may take in the messages of several parties, and what a stranger could insert, it
# could not read. A school's own policy and a recipient's key have one owner: there it is.
API = """
ALTER TABLE recipient_keys ENABLE ROW LEVEL SECURITY;

CREATE POLICY api_reads ON recipient_keys FOR SELECT TO verzuim_api USING (true);

CREATE POLICY api_registers ON recipient_keys FOR INSERT TO verzuim_api
    WITH CHECK (oin = exchange_party());

CREATE POLICY api_replaces ON recipient_keys FOR UPDATE TO verzuim_api
    USING (oin = exchange_party());

ALTER TABLE verzuimbeleid ENABLE ROW LEVEL SECURITY;

CREATE POLICY api ON verzuimbeleid TO verzuim_api USING (exchange_sees_vestiging(vestigingscode));

ALTER TABLE schoolkalenders ENABLE ROW LEVEL SECURITY;

CREATE POLICY api ON schoolkalenders TO verzuim_api USING (exchange_sees_vestiging(vestigingscode));

ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;

CREATE POLICY api_sees ON outbox FOR SELECT TO verzuim_api
    USING (recipient = exchange_party() OR exchange_sees_vestiging(vestigingscode));

CREATE POLICY api_changes ON outbox FOR UPDATE TO verzuim_api
    USING (recipient = exchange_party() OR exchange_sees_vestiging(vestigingscode));

CREATE POLICY api_adds ON outbox FOR INSERT TO verzuim_api WITH CHECK (true);

ALTER TABLE messages ENABLE ROW LEVEL SECURITY;

CREATE POLICY api_sees ON messages FOR SELECT TO verzuim_api USING (
    (SELECT exchange_is_fg())
    OR EXISTS (
        SELECT FROM outbox o
        WHERE o.bericht_id = messages.bericht_id AND o.recipient = exchange_party()
    )
    OR exchange_sees_vestiging(vestigingscode)
);

CREATE POLICY api_changes ON messages FOR UPDATE TO verzuim_api
    USING (exchange_sees_vestiging(vestigingscode));

CREATE POLICY api_adds ON messages FOR INSERT TO verzuim_api WITH CHECK (true);

ALTER TABLE terugmeldingen ENABLE ROW LEVEL SECURITY;

CREATE POLICY api_sees ON terugmeldingen FOR SELECT TO verzuim_api
    USING (exchange_sees_vestiging(vestigingscode));

CREATE POLICY api_adds ON terugmeldingen FOR INSERT TO verzuim_api WITH CHECK (
    EXISTS (
        SELECT FROM outbox o
        WHERE o.bericht_id = terugmeldingen.bericht_id AND o.recipient = exchange_party()
    )
);

ALTER TABLE subject_link ENABLE ROW LEVEL SECURITY;

CREATE POLICY api_sees ON subject_link FOR SELECT TO verzuim_api USING (
    (SELECT exchange_is_fg())
    OR EXISTS (
        SELECT FROM outbox o
        WHERE o.bericht_id = subject_link.bericht_id AND o.recipient = exchange_party()
    )
    OR exchange_sees_vestiging(vestigingscode)
);

CREATE POLICY api_adds ON subject_link FOR INSERT TO verzuim_api WITH CHECK (true);

ALTER TABLE log_records ENABLE ROW LEVEL SECURITY;

CREATE POLICY api_sees ON log_records FOR SELECT TO verzuim_api USING (
    actor = exchange_party()
    OR recipient = exchange_party()
    OR (SELECT exchange_is_fg())
    OR EXISTS (
        SELECT FROM subject_link s
        WHERE s.entry = log_records.entry AND exchange_sees_vestiging(s.vestigingscode)
    )
);

CREATE POLICY api_adds ON log_records FOR INSERT TO verzuim_api WITH CHECK (true)
"""

OTHERS = """
CREATE POLICY worker ON recipient_keys FOR SELECT TO verzuim_worker USING (true);

CREATE POLICY worker_sees ON outbox FOR SELECT TO verzuim_worker USING (true);

CREATE POLICY worker_changes ON outbox FOR UPDATE TO verzuim_worker USING (true);

CREATE POLICY worker_adds ON terugmeldingen FOR INSERT TO verzuim_worker WITH CHECK (true);

CREATE POLICY worker_sees ON subject_link FOR SELECT TO verzuim_worker USING (true);

CREATE POLICY worker_adds ON subject_link FOR INSERT TO verzuim_worker WITH CHECK (true);

CREATE POLICY worker_sees ON log_records FOR SELECT TO verzuim_worker USING (true);

CREATE POLICY worker_adds ON log_records FOR INSERT TO verzuim_worker WITH CHECK (true);

CREATE POLICY purge_sees ON outbox FOR SELECT TO verzuim_purge USING (true);

CREATE POLICY purge_changes ON outbox FOR UPDATE TO verzuim_purge
    USING (true) WITH CHECK (payload IS NULL OR status = 'geparkeerd');

CREATE POLICY purge_adds ON terugmeldingen FOR INSERT TO verzuim_purge WITH CHECK (true);

CREATE POLICY purge_sees ON messages FOR SELECT TO verzuim_purge USING (true);

CREATE POLICY purge_deletes ON messages FOR DELETE TO verzuim_purge USING (true);

CREATE POLICY purge_sees ON subject_link FOR SELECT TO verzuim_purge USING (true);

CREATE POLICY purge_deletes ON subject_link FOR DELETE TO verzuim_purge USING (true);

CREATE POLICY purge_adds ON subject_link FOR INSERT TO verzuim_purge WITH CHECK (true);

CREATE POLICY purge_sees ON log_records FOR SELECT TO verzuim_purge USING (true);

CREATE POLICY purge_adds ON log_records FOR INSERT TO verzuim_purge WITH CHECK (true);

CREATE POLICY purge_blanks ON log_records FOR UPDATE TO verzuim_purge
    USING (recorded_at < exchange_today() - interval '5 years') WITH CHECK (leaf IS NULL);

CREATE POLICY reader ON recipient_keys FOR SELECT TO verzuim_reader USING (true);

CREATE POLICY reader ON verzuimbeleid FOR SELECT TO verzuim_reader USING (true);

CREATE POLICY reader ON schoolkalenders FOR SELECT TO verzuim_reader USING (true);

CREATE POLICY reader ON messages FOR SELECT TO verzuim_reader USING (true);

CREATE POLICY reader ON outbox FOR SELECT TO verzuim_reader USING (true);

CREATE POLICY reader ON terugmeldingen FOR SELECT TO verzuim_reader USING (true);

CREATE POLICY reader ON log_records FOR SELECT TO verzuim_reader USING (true);

CREATE POLICY operator ON recipient_keys TO verzuim_operator USING (true);

CREATE POLICY operator_adds ON log_records FOR INSERT TO verzuim_operator WITH CHECK (true)
"""


def upgrade() -> None:
    """Make the functions, then the policies that use them."""
    run(FUNCTIONS)
    run(API)
    run(OTHERS)
