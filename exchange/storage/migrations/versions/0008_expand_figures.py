"""Figures of vestigingen by month, what must be folded into them, and what was released."""

from exchange.storage.migrations.script import run

revision = "0008"
down_revision = "0007"

TABLES = r"""
CREATE TABLE tally_due (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vestigingscode text NOT NULL,
    periode text NOT NULL
);

CREATE TABLE tally (
    vestigingscode text NOT NULL,
    periode text NOT NULL
        CONSTRAINT tally_periode CHECK (periode ~ '^2[0-9]{3}-(0[1-9]|1[0-2])$'),
    schooljaar smallint NOT NULL,
    bron text CONSTRAINT tally_bron CHECK (bron IN ('registraties', 'schoolcijfers')),
    leerlingen integer,
    geplande_minuten integer,
    geoorloofd_leerlingen integer NOT NULL,
    ongeoorloofd_leerlingen integer NOT NULL,
    geoorloofd_minuten bigint NOT NULL,
    ongeoorloofd_minuten bigint NOT NULL,
    geoorloofd_grootste bigint NOT NULL,
    ongeoorloofd_grootste bigint NOT NULL,
    trede1 integer,
    trede2 integer,
    trede3 integer,
    verzuimmeldingen integer NOT NULL,
    signalen integer NOT NULL,
    strijdig boolean NOT NULL,
    folded_at timestamptz NOT NULL,
    PRIMARY KEY (vestigingscode, periode),
    CONSTRAINT tally_delivered CHECK (
        CASE num_nonnulls(leerlingen, geplande_minuten, trede1, trede2, trede3) WHEN 0 THEN true
        WHEN 5 THEN trede1 + trede2 + trede3 = leerlingen ELSE false END
    ),
    CONSTRAINT tally_strijdig CHECK (NOT strijdig OR leerlingen IS NOT NULL)
);

CREATE INDEX tally_by_periode ON tally (periode);

CREATE TABLE releases (
    nummer integer PRIMARY KEY,
    periode text NOT NULL
        CONSTRAINT releases_periode CHECK (periode ~ '^2[0-9]{3}-(0[1-9]|1[0-2])$'),
    stand text NOT NULL CONSTRAINT releases_stand CHECK (stand IN ('voorlopig', 'definitief')),
    released_at timestamptz NOT NULL,
    drempel smallint NOT NULL,
    certificate_digest bytea NOT NULL
        CONSTRAINT releases_digest CHECK (octet_length(certificate_digest) = 32),
    published bytea NOT NULL,
    manifest text NOT NULL,
    entry uuid NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_entry uuid,
    CONSTRAINT releases_withdrawn CHECK ((withdrawn_at IS NULL) = (withdrawn_entry IS NULL))
);

CREATE INDEX releases_by_periode ON releases (periode, nummer);

CREATE TABLE release_certificates (
    nummer integer PRIMARY KEY REFERENCES releases ON DELETE CASCADE,
    certificate bytea NOT NULL
);

CREATE TABLE release_files (
    nummer integer NOT NULL REFERENCES releases ON DELETE CASCADE,
    recipient text NOT NULL,
    media_type text NOT NULL,
    body bytea NOT NULL,
    sha256 bytea NOT NULL CONSTRAINT release_files_sha256 CHECK (octet_length(sha256) = 32),
    csp text,
    PRIMARY KEY (nummer, recipient, media_type)
);

CREATE INDEX release_files_by_recipient ON release_files (recipient, nummer);

CREATE TABLE release_sealed (
    nummer integer NOT NULL REFERENCES releases ON DELETE CASCADE,
    recipient text NOT NULL,
    kid text NOT NULL,
    body bytea NOT NULL,
    sha256 bytea NOT NULL CONSTRAINT release_sealed_sha256 CHECK (octet_length(sha256) = 32),
    made_at timestamptz NOT NULL,
    PRIMARY KEY (nummer, recipient, kid)
);

CREATE TABLE release_notices (
    nummer integer NOT NULL REFERENCES releases ON DELETE CASCADE,
    recipient text NOT NULL,
    push_status text NOT NULL DEFAULT 'wachtend' CONSTRAINT release_notices_push_status
        CHECK (push_status IN ('geen', 'wachtend', 'bezorgd', 'opgegeven')),
    push_attempt smallint NOT NULL DEFAULT 0,
    push_due_at timestamptz,
    push_lease_until timestamptz,
    PRIMARY KEY (nummer, recipient),
    CONSTRAINT release_notices_push_due
        CHECK ((push_status = 'wachtend') = (push_due_at IS NOT NULL)),
    CONSTRAINT release_notices_push_lease
        CHECK (push_lease_until IS NULL OR push_status = 'wachtend')
);

CREATE INDEX release_notices_to_push ON release_notices (push_due_at)
    WHERE push_status = 'wachtend';

CREATE INDEX release_notices_given_up ON release_notices (nummer)
    WHERE push_status = 'opgegeven';

CREATE INDEX messages_counted ON messages (vestigingscode, periode)
    WHERE soort <> 'verzuimregistraties'
"""

# Whoever folds reads of a registration what is counted, and never its number. The api marks what it
# changed and sees no tally; of a release it reads what its recipients may have.
GRANTS = """
GRANT INSERT (vestigingscode, periode) ON tally_due TO verzuim_api;

GRANT SELECT (nummer, periode, stand, released_at, drempel, certificate_digest, manifest, entry,
              withdrawn_at, withdrawn_entry) ON releases TO verzuim_api;

GRANT SELECT ON release_files TO verzuim_api;

GRANT SELECT, INSERT ON release_sealed TO verzuim_api;

GRANT SELECT, DELETE ON tally_due TO verzuim_worker, verzuim_operator;

GRANT SELECT, INSERT, UPDATE ON tally TO verzuim_worker, verzuim_operator;

GRANT SELECT (vestigingscode, datum, pupil, minuten, categorie)
    ON registrations TO verzuim_worker, verzuim_operator;

GRANT SELECT (soort, vestigingscode, periode, withdrawn_at)
    ON messages TO verzuim_worker, verzuim_operator;

GRANT SELECT ON leerlingaantallen, schoolcijfers, month_sources TO verzuim_worker, verzuim_operator;

GRANT SELECT (nummer, withdrawn_at) ON releases TO verzuim_worker;

GRANT SELECT ON release_notices TO verzuim_worker;

GRANT UPDATE (push_status, push_attempt, push_due_at, push_lease_until)
    ON release_notices TO verzuim_worker;

GRANT SELECT, INSERT ON releases, release_files, release_notices TO verzuim_operator;

GRANT INSERT ON release_certificates TO verzuim_operator;

GRANT UPDATE (withdrawn_at, withdrawn_entry) ON releases TO verzuim_operator;

GRANT UPDATE (push_status, push_due_at, push_lease_until) ON release_notices TO verzuim_operator;

GRANT SELECT (periode), DELETE ON tally_due, tally TO verzuim_purge;

GRANT SELECT (nummer, periode, released_at), DELETE ON releases TO verzuim_purge;

GRANT SELECT (nummer), DELETE ON release_certificates TO verzuim_purge;

GRANT SELECT ON tally, releases, release_files TO verzuim_reader
"""

SECURITY = """
ALTER TABLE tally_due ENABLE ROW LEVEL SECURITY;

-- A mark changes no figure: at worst a month is folded once more.
CREATE POLICY api_adds ON tally_due FOR INSERT TO verzuim_api WITH CHECK (true);

CREATE POLICY folds ON tally_due TO verzuim_worker, verzuim_operator USING (true);

CREATE POLICY purge ON tally_due TO verzuim_purge USING (true);

ALTER TABLE tally ENABLE ROW LEVEL SECURITY;

CREATE POLICY folds ON tally TO verzuim_worker, verzuim_operator USING (true);

CREATE POLICY purge ON tally TO verzuim_purge USING (true);

CREATE POLICY reader ON tally FOR SELECT TO verzuim_reader USING (true);

CREATE POLICY folds ON registrations FOR SELECT TO verzuim_worker, verzuim_operator USING (true);

CREATE POLICY folds ON messages FOR SELECT TO verzuim_worker, verzuim_operator USING (true);

CREATE POLICY folds ON leerlingaantallen FOR SELECT TO verzuim_worker, verzuim_operator
    USING (true);

CREATE POLICY folds ON schoolcijfers FOR SELECT TO verzuim_worker, verzuim_operator USING (true);

CREATE POLICY folds ON month_sources FOR SELECT TO verzuim_worker, verzuim_operator USING (true);

ALTER TABLE release_files ENABLE ROW LEVEL SECURITY;

CREATE POLICY api_sees ON release_files FOR SELECT TO verzuim_api
    USING (recipient = exchange_party());

CREATE POLICY operator ON release_files TO verzuim_operator USING (true);

CREATE POLICY reader ON release_files FOR SELECT TO verzuim_reader USING (true);

ALTER TABLE release_certificates ENABLE ROW LEVEL SECURITY;

CREATE POLICY operator ON release_certificates FOR INSERT TO verzuim_operator WITH CHECK (true);

CREATE POLICY purge ON release_certificates TO verzuim_purge USING (true);

ALTER TABLE releases ENABLE ROW LEVEL SECURITY;

-- A release exists for whoever has a file in it.
CREATE POLICY api_sees ON releases FOR SELECT TO verzuim_api USING (
    EXISTS (
        SELECT FROM release_files f
        WHERE f.nummer = releases.nummer AND f.recipient = exchange_party()
    )
);

CREATE POLICY worker_sees ON releases FOR SELECT TO verzuim_worker USING (true);

CREATE POLICY operator ON releases TO verzuim_operator USING (true);

CREATE POLICY purge ON releases TO verzuim_purge USING (true);

CREATE POLICY reader ON releases FOR SELECT TO verzuim_reader USING (true);

ALTER TABLE release_sealed ENABLE ROW LEVEL SECURITY;

CREATE POLICY api ON release_sealed TO verzuim_api USING (recipient = exchange_party());

ALTER TABLE release_notices ENABLE ROW LEVEL SECURITY;

CREATE POLICY worker ON release_notices TO verzuim_worker USING (true);

CREATE POLICY operator ON release_notices TO verzuim_operator USING (true)
"""

# Notices given up are those of releases too. Plan: as in 0004, and a scan of
# release_notices_given_up.
BACKLOG = """
CREATE OR REPLACE FUNCTION exchange_backlog(
    OUT waiting bigint, OUT oldest timestamptz, OUT parked bigint, OUT given_up bigint
) STABLE SECURITY DEFINER SET search_path = public, pg_temp
LANGUAGE sql AS $$
    SELECT fresh.waiting, fresh.oldest, stuck.parked, stuck.given_up + notices.given_up
    FROM (
        SELECT count(*) AS waiting, min(created_at) AS oldest
        FROM outbox WHERE status = 'wachtend'
    ) AS fresh, (
        SELECT count(*) FILTER (WHERE status = 'geparkeerd') AS parked,
               count(*) FILTER (WHERE push_status = 'opgegeven') AS given_up
        FROM outbox WHERE status = 'geparkeerd' OR push_status = 'opgegeven'
    ) AS stuck, (
        SELECT count(*) AS given_up FROM release_notices WHERE push_status = 'opgegeven'
    ) AS notices
$$
"""


# What was sent before there was a tally is counted too, from whatever is still there.
MARKS = """
INSERT INTO tally_due (vestigingscode, periode)
    SELECT vestigingscode, periode FROM month_sources
    UNION SELECT vestigingscode, periode FROM leerlingaantallen
    UNION SELECT vestigingscode, periode FROM messages
        WHERE soort IN ('signaal', 'verzuimmelding')
"""


def upgrade() -> None:
    """Make the tables, then the rules on them."""
    run(TABLES)
    run(MARKS)
    run(BACKLOG)
    run(GRANTS)
    run(SECURITY)
