"""The Merkle tree over the log, what finds its records, and who may look at them in the console."""

from exchange.storage.migrations.script import run

revision = "0009"
down_revision = "0008"

RECORDS = """
ALTER TABLE log_records ADD COLUMN action text;

UPDATE log_records SET action = convert_from(leaf, 'UTF8')::jsonb ->> 'name'
    WHERE leaf IS NOT NULL;

ALTER TABLE log_records DROP CONSTRAINT log_records_text;

ALTER TABLE log_records ADD CONSTRAINT log_records_text CHECK (
    CASE WHEN leaf IS NULL
         THEN num_nonnulls(activity, actor, recipient, bericht_id, action, outcome) = 0
         ELSE num_nonnulls(activity, outcome) = 2 END
);

ALTER TABLE log_records ADD COLUMN erasure bytea;

ALTER TABLE log_records ADD CONSTRAINT log_records_erasure CHECK (
    (leaf IS NULL) = (erasure IS NOT NULL) AND (erasure IS NULL OR octet_length(erasure) = 49)
);

CREATE INDEX log_records_by_actor ON log_records (actor, entry) WHERE actor IS NOT NULL;

CREATE INDEX log_records_by_recipient ON log_records (recipient, entry)
    WHERE recipient IS NOT NULL;

CREATE INDEX log_records_by_activity ON log_records (activity, entry) WHERE activity IS NOT NULL;

CREATE INDEX log_records_by_message ON log_records (bericht_id, entry)
    WHERE bericht_id IS NOT NULL;

CREATE INDEX log_records_not_ok ON log_records (entry) WHERE outcome <> 'ok'
"""

TREE = """
CREATE TABLE log_pending (
    entry uuid PRIMARY KEY,
    leaf_hash bytea NOT NULL CONSTRAINT log_pending_leaf_hash CHECK (octet_length(leaf_hash) = 32),
    recorded_at timestamptz NOT NULL
);

CREATE TABLE log_leaves (
    index bigint PRIMARY KEY CONSTRAINT log_leaves_index CHECK (index >= 0),
    entry uuid NOT NULL UNIQUE
);

CREATE TABLE log_tiles (
    level smallint NOT NULL,
    number bigint NOT NULL,
    hashes bytea NOT NULL,
    PRIMARY KEY (level, number),
    CONSTRAINT log_tiles_place CHECK (level >= 0 AND number >= 0),
    CONSTRAINT log_tiles_hashes
        CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0)
);

CREATE TABLE log_checkpoints (
    size bigint PRIMARY KEY CONSTRAINT log_checkpoints_size CHECK (size >= 0),
    root bytea NOT NULL CONSTRAINT log_checkpoints_root CHECK (octet_length(root) = 32),
    note text NOT NULL,
    signed_at timestamptz NOT NULL
);

CREATE TABLE log_witnesses (
    witness text PRIMARY KEY,
    vkey text NOT NULL,
    added_at timestamptz NOT NULL,
    revoked_at timestamptz
);

CREATE TABLE log_cosignatures (
    size bigint NOT NULL REFERENCES log_checkpoints,
    witness text NOT NULL REFERENCES log_witnesses,
    line text NOT NULL,
    cosigned_at timestamptz NOT NULL,
    PRIMARY KEY (size, witness)
);

INSERT INTO log_pending (entry, leaf_hash, recorded_at)
    SELECT entry, leaf_hash, recorded_at FROM log_records
"""

CONSOLE = """
CREATE TABLE console_accounts (
    account uuid PRIMARY KEY,
    oin text NOT NULL REFERENCES parties,
    label text NOT NULL,
    issuer text,
    subject text,
    added_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT console_accounts_provider CHECK ((issuer IS NULL) = (subject IS NULL))
);

CREATE UNIQUE INDEX console_accounts_standing ON console_accounts (issuer, subject)
    WHERE issuer IS NOT NULL AND revoked_at IS NULL;

CREATE TABLE console_links (
    digest bytea PRIMARY KEY CONSTRAINT console_links_digest CHECK (octet_length(digest) = 33),
    account uuid NOT NULL REFERENCES console_accounts,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE console_logins (
    digest bytea PRIMARY KEY CONSTRAINT console_logins_digest CHECK (octet_length(digest) = 33),
    sealed bytea NOT NULL CONSTRAINT console_logins_sealed CHECK (octet_length(sealed) < 4096),
    expires_at timestamptz NOT NULL
);

CREATE TABLE console_sessions (
    digest bytea PRIMARY KEY CONSTRAINT console_sessions_digest CHECK (octet_length(digest) = 33),
    account uuid NOT NULL REFERENCES console_accounts,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    csrf bytea NOT NULL CONSTRAINT console_sessions_csrf CHECK (octet_length(csrf) = 32),
    by_link boolean NOT NULL
);

CREATE INDEX console_sessions_by_account ON console_sessions (account);

CREATE TABLE finding_reviews (
    review uuid PRIMARY KEY,
    finding bytea NOT NULL CONSTRAINT finding_reviews_finding CHECK (octet_length(finding) = 33),
    oin text NOT NULL REFERENCES parties,
    account uuid NOT NULL,
    outcome text NOT NULL CONSTRAINT finding_reviews_outcome
        CHECK (outcome IN ('verklaard', 'gemeld-als-datalek', 'nader-onderzoek')),
    reviewed_at timestamptz NOT NULL
);

CREATE INDEX finding_reviews_by_finding ON finding_reviews (finding)
"""

# The sealer gives records their place and signs: it reads no record, only what waits for a place.
# Reviews belong to the party of who reviewed; the operator's FG sees those of all. Of a mailbox it
# sees no row: a function of the owner tells it where a parcel stands and when it was erased.
RIGHTS = """
GRANT SELECT ON alembic_version, log_pending TO verzuim_sealer;

GRANT DELETE ON log_pending TO verzuim_sealer;

GRANT SELECT, INSERT ON log_leaves, log_tiles, log_checkpoints TO verzuim_sealer;

GRANT UPDATE (hashes) ON log_tiles TO verzuim_sealer;

GRANT INSERT ON log_pending TO verzuim_api, verzuim_worker, verzuim_purge, verzuim_operator;

GRANT SELECT (recorded_at) ON log_pending TO verzuim_api;

GRANT SELECT ON log_leaves, log_tiles, log_checkpoints, log_witnesses, log_cosignatures
    TO verzuim_api;

GRANT INSERT ON log_cosignatures TO verzuim_api;

GRANT SELECT ON log_pending, log_leaves, log_tiles, log_checkpoints, log_witnesses,
                log_cosignatures
    TO verzuim_reader;

GRANT SELECT, INSERT ON log_witnesses TO verzuim_operator;

GRANT UPDATE (revoked_at) ON log_witnesses TO verzuim_operator;

GRANT SELECT (leaf_hash), UPDATE (action, erasure) ON log_records TO verzuim_purge;

GRANT SELECT, INSERT ON console_accounts, console_links TO verzuim_operator;

GRANT UPDATE (revoked_at) ON console_accounts TO verzuim_operator;

GRANT SELECT ON console_accounts TO verzuim_api;

GRANT SELECT, UPDATE (used_at) ON console_links TO verzuim_api;

GRANT SELECT, INSERT, DELETE ON console_logins, console_sessions TO verzuim_api;

GRANT UPDATE (seen_at) ON console_sessions TO verzuim_api;

GRANT SELECT, INSERT ON finding_reviews TO verzuim_api;

GRANT SELECT (digest, expires_at), DELETE ON console_links, console_logins, console_sessions
    TO verzuim_purge;

GRANT SELECT ON console_accounts, finding_reviews TO verzuim_reader;

CREATE FUNCTION exchange_parcel_states(about uuid)
    RETURNS TABLE (rol text, recipient text, status text, erased_at timestamptz)
    SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT o.rol, o.recipient, o.status, o.erased_at FROM outbox o
        WHERE o.bericht_id = about
          AND (exchange_is_fg() OR o.recipient = exchange_party()
               OR exchange_sees_vestiging(o.vestigingscode));
    END;

REVOKE EXECUTE ON FUNCTION exchange_parcel_states FROM PUBLIC;

GRANT EXECUTE ON FUNCTION exchange_parcel_states TO verzuim_api;

ALTER TABLE finding_reviews ENABLE ROW LEVEL SECURITY;

CREATE POLICY api_sees ON finding_reviews FOR SELECT TO verzuim_api
    USING (oin = exchange_party() OR (SELECT exchange_is_fg()));

CREATE POLICY api_adds ON finding_reviews FOR INSERT TO verzuim_api
    WITH CHECK (oin = exchange_party());

CREATE POLICY reader ON finding_reviews FOR SELECT TO verzuim_reader USING (true)
"""


def upgrade() -> None:
    """Widen the records, make the tables, then say who may do what."""
    for script in (RECORDS, TREE, CONSOLE, RIGHTS):
        run(script)
