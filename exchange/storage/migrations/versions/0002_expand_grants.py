"""Who may do what: each role the least that its work needs, per column where that pays."""

from exchange.storage.migrations.script import run

revision = "0002"
down_revision = "0001"

# A payload is read only to hand it to its recipient, so only the api reads that column. A receipt
# is the school's, a salt proves a pupil: no role that merely watches gets them. Log rows can be
# added by whoever acts, and changed by nobody; the purge may blank their text (row security says
# when), and it alone deletes what has expired.
GRANTS = """
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;

GRANT SELECT ON alembic_version
    TO verzuim_api, verzuim_worker, verzuim_purge, verzuim_reader, verzuim_operator;

GRANT SELECT ON parties, grants, mandates, recipient_keys, vestigingen, gemeenten
    TO verzuim_api, verzuim_worker, verzuim_reader, verzuim_operator;

GRANT INSERT ON log_records TO verzuim_api, verzuim_worker, verzuim_purge, verzuim_operator;

GRANT INSERT ON subject_link TO verzuim_api, verzuim_worker, verzuim_purge;

GRANT INSERT ON recipient_keys TO verzuim_api;

GRANT UPDATE (status, approved_at) ON recipient_keys TO verzuim_api;

GRANT SELECT, INSERT ON verzuimbeleid, schoolkalenders TO verzuim_api;

GRANT UPDATE (lesvrij, put_at, put_by) ON schoolkalenders TO verzuim_api;

GRANT SELECT, INSERT ON messages, outbox, terugmeldingen, idempotency TO verzuim_api;

GRANT UPDATE (withdrawn_at, withdrawn_by) ON messages TO verzuim_api;

GRANT UPDATE (status, payload, fetched_at, acknowledged_at, refusal, handling, erased_at,
              push_status, push_due_at, push_lease_until) ON outbox TO verzuim_api;

GRANT SELECT, INSERT, DELETE ON natural_keys TO verzuim_api;

GRANT UPDATE (bericht_id) ON natural_keys TO verzuim_api;

GRANT SELECT ON log_records, subject_link TO verzuim_api;

GRANT SELECT (bericht_id, rol, recipient, soort, vestigingscode, schooljaar, purpose, created_at,
              status, parked_at, push_status, push_attempt, push_due_at, push_lease_until)
    ON outbox TO verzuim_worker;

GRANT UPDATE (status, parked_at, push_status, push_attempt, push_due_at, push_lease_until)
    ON outbox TO verzuim_worker;

GRANT INSERT ON terugmeldingen TO verzuim_worker;

GRANT SELECT ON log_records, subject_link TO verzuim_worker;

GRANT SELECT (bericht_id, rol, recipient, soort, vestigingscode, schooljaar, purpose, created_at,
              status, acknowledged_at, parked_at, erased_at,
              push_status, push_due_at, push_lease_until)
    ON outbox TO verzuim_purge;

GRANT UPDATE (status, payload, parked_at, erased_at, push_status, push_due_at, push_lease_until)
    ON outbox TO verzuim_purge;

GRANT INSERT ON terugmeldingen TO verzuim_purge;

GRANT SELECT (bericht_id, schooljaar), DELETE ON messages TO verzuim_purge;

GRANT SELECT (key_digest, created_at), DELETE ON idempotency TO verzuim_purge;

GRANT SELECT (entry, bericht_id, vestigingscode, schooljaar, blind_index), DELETE
    ON subject_link TO verzuim_purge;

GRANT SELECT (entry, recorded_at, leaf),
      UPDATE (activity, actor, recipient, bericht_id, outcome, leaf)
    ON log_records TO verzuim_purge;

GRANT SELECT (vestigingscode, versie, geldig_vanaf, vastgesteld_op, lesuur_in_minuten, criteria,
              elementen, put_at, put_by) ON verzuimbeleid TO verzuim_reader;

GRANT SELECT ON schoolkalenders, terugmeldingen, log_records TO verzuim_reader;

GRANT SELECT (bericht_id, soort, vestigingscode, schooljaar, periode, sender, received_at, betreft,
              withdrawn_at, withdrawn_by, policy_date, entry) ON messages TO verzuim_reader;

GRANT SELECT (bericht_id, rol, recipient, soort, vestigingscode, schooljaar, purpose, kid,
              created_at, status, fetched_at, acknowledged_at, refusal, handling, parked_at,
              erased_at, push_status, push_attempt, push_due_at, push_lease_until)
    ON outbox TO verzuim_reader;

GRANT INSERT ON parties, grants, mandates, recipient_keys, vestigingen, gemeenten
    TO verzuim_operator;

GRANT UPDATE (name, push_url, revoked_at) ON parties TO verzuim_operator;

GRANT UPDATE (revoked_at) ON grants TO verzuim_operator;

GRANT UPDATE (geldig_tot, betreft_vanaf, revoked_at) ON mandates TO verzuim_operator;

GRANT UPDATE (status, approved_at) ON recipient_keys TO verzuim_operator;

GRANT UPDATE (geldig_tot, gemeente, sector, swv) ON vestigingen TO verzuim_operator;

GRANT UPDATE (geldig_tot, naam) ON gemeenten TO verzuim_operator
"""


def upgrade() -> None:
    """Hand out the privileges."""
    run(GRANTS)
