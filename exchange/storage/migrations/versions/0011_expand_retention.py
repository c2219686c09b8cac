"""Forgetting on time: what the purge removed and must remove, and the keys that it destroyed."""

from exchange.storage.migrations.script import run

revision = "0011"
down_revision = "0010"

TABLES = """
CREATE TABLE retention (
    store text PRIMARY KEY,
    removed bigint NOT NULL DEFAULT 0,
    reported bigint NOT NULL DEFAULT 0,
    checked_at timestamptz,
    overdue_since timestamptz,
    CONSTRAINT retention_reported CHECK (reported BETWEEN 0 AND removed)
);

CREATE TABLE key_destructions (
    vestigingscode text NOT NULL,
    schooljaar smallint NOT NULL,
    destroyed_at timestamptz,
    entry uuid,
    PRIMARY KEY (vestigingscode, schooljaar),
    CONSTRAINT key_destructions_destroyed CHECK ((destroyed_at IS NULL) = (entry IS NULL))
);

CREATE INDEX key_destructions_due ON key_destructions (schooljaar) WHERE destroyed_at IS NULL
"""

# Of what it deletes the purge sees when it goes and what it belongs to, never what it says.
RIGHTS = """
GRANT SELECT, INSERT, UPDATE ON retention TO verzuim_purge;

GRANT SELECT ON retention TO verzuim_api, verzuim_reader;

GRANT SELECT, INSERT, UPDATE (destroyed_at, entry) ON key_destructions TO verzuim_purge;

GRANT SELECT ON key_destructions TO verzuim_reader;

GRANT SELECT (vestigingscode) ON messages TO verzuim_purge;

GRANT SELECT (bericht_id, vestigingscode, periode) ON message_scope TO verzuim_purge;

GRANT SELECT (activity) ON log_records TO verzuim_purge;

GRANT SELECT (review, reviewed_at), DELETE ON finding_reviews TO verzuim_purge;

GRANT SELECT (account, revoked_at), DELETE ON console_accounts TO verzuim_purge;

GRANT SELECT (vestigingscode, versie, geldig_vanaf), DELETE ON verzuimbeleid TO verzuim_purge;

GRANT SELECT (vestigingscode, schooljaar), DELETE ON schoolkalenders TO verzuim_purge;

CREATE POLICY purge_sees ON message_scope FOR SELECT TO verzuim_purge USING (true);

CREATE POLICY purge ON finding_reviews TO verzuim_purge USING (true);

CREATE POLICY purge ON verzuimbeleid TO verzuim_purge USING (true);

CREATE POLICY purge ON schoolkalenders TO verzuim_purge USING (true)
"""


def upgrade() -> None:
    """Make the tables, then say who may do what."""
    run(TABLES)
    run(RIGHTS)
