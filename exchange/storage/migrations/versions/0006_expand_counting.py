"""What is counted: registrations by month, meldingen that restart a count, figures of schools."""

from exchange.storage.migrations.script import run

revision = "0006"
down_revision = "0005"

TABLES = r"""
CREATE TABLE message_scope (
    bericht_id uuid NOT NULL REFERENCES messages ON DELETE CASCADE,
    vestigingscode text NOT NULL,
    periode text NOT NULL,
    PRIMARY KEY (bericht_id, vestigingscode, periode)
);

CREATE INDEX message_scope_by_vestiging ON message_scope (vestigingscode, periode, bericht_id);

CREATE TABLE telstand (
    bericht_id uuid PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
    vestigingscode text NOT NULL,
    schooljaar smallint NOT NULL,
    pupil bytea NOT NULL CONSTRAINT telstand_pupil CHECK (octet_length(pupil) = 33),
    verzuimsoort text NOT NULL
        CONSTRAINT telstand_verzuimsoort CHECK (verzuimsoort IN ('16-uur', 'langdurig', 'luxe')),
    begin date NOT NULL,
    eind date NOT NULL,
    CONSTRAINT telstand_in_order CHECK (begin <= eind)
);

CREATE INDEX telstand_by_pupil ON telstand (vestigingscode, schooljaar, pupil);

CREATE TABLE registrations (
    vestigingscode text NOT NULL,
    datum date NOT NULL,
    id_digest bytea NOT NULL
        CONSTRAINT registrations_id_digest CHECK (octet_length(id_digest) = 33),
    id_sealed bytea NOT NULL,
    pupil bytea NOT NULL CONSTRAINT registrations_pupil CHECK (octet_length(pupil) = 33),
    minuten smallint NOT NULL CONSTRAINT registrations_minuten CHECK (minuten BETWEEN 1 AND 720),
    categorie text NOT NULL
        CONSTRAINT registrations_categorie CHECK (categorie IN ('geoorloofd', 'ongeoorloofd')),
    bericht_id uuid NOT NULL,
    PRIMARY KEY (vestigingscode, datum, id_digest)
) PARTITION BY RANGE (datum);

CREATE INDEX registrations_unauthorised ON registrations (vestigingscode, pupil, datum)
    INCLUDE (minuten) WHERE categorie = 'ongeoorloofd';

CREATE TABLE registrations_elders PARTITION OF registrations DEFAULT;

CREATE TABLE registration_ids (
    vestigingscode text NOT NULL,
    id_digest bytea NOT NULL
        CONSTRAINT registration_ids_id_digest CHECK (octet_length(id_digest) = 33),
    datum date NOT NULL,
    content bytea NOT NULL CONSTRAINT registration_ids_content CHECK (octet_length(content) = 33),
    withdrawn boolean NOT NULL,
    PRIMARY KEY (vestigingscode, id_digest)
);

CREATE INDEX registration_ids_by_age ON registration_ids USING brin (datum);

CREATE TABLE leerlingaantallen (
    vestigingscode text NOT NULL,
    periode text NOT NULL
        CONSTRAINT leerlingaantallen_periode CHECK (periode ~ '^2[0-9]{3}-(0[1-9]|1[0-2])$'),
    leerlingen integer NOT NULL,
    geplande_minuten integer NOT NULL,
    put_at timestamptz NOT NULL,
    put_by text NOT NULL,
    PRIMARY KEY (vestigingscode, periode)
);

CREATE TABLE schoolcijfers (
    vestigingscode text NOT NULL,
    periode text NOT NULL
        CONSTRAINT schoolcijfers_periode CHECK (periode ~ '^2[0-9]{3}-(0[1-9]|1[0-2])$'),
    leerlingen integer NOT NULL,
    geplande_minuten integer NOT NULL,
    geoorloofd_minuten bigint NOT NULL,
    geoorloofd_leerlingen integer NOT NULL,
    geoorloofd_grootste bigint NOT NULL,
    ongeoorloofd_minuten bigint NOT NULL,
    ongeoorloofd_leerlingen integer NOT NULL,
    ongeoorloofd_grootste bigint NOT NULL,
    leerlingen_met_ongeoorloofd integer NOT NULL,
    trede1 integer NOT NULL,
    trede2 integer NOT NULL,
    trede3 integer NOT NULL,
    put_at timestamptz NOT NULL,
    put_by text NOT NULL,
    PRIMARY KEY (vestigingscode, periode),
    CONSTRAINT schoolcijfers_treden CHECK (trede1 + trede2 + trede3 = leerlingen)
);

CREATE TABLE month_sources (
    vestigingscode text NOT NULL,
    periode text NOT NULL,
    bron text NOT NULL
        CONSTRAINT month_sources_bron CHECK (bron IN ('registraties', 'schoolcijfers')),
    PRIMARY KEY (vestigingscode, periode)
);

ALTER TABLE messages ADD COLUMN event_day date;

UPDATE messages SET event_day = (periode || '-01')::date + interval '1 month' - interval '1 day';

ALTER TABLE messages ALTER COLUMN event_day SET NOT NULL;

ALTER TABLE subject_link ADD COLUMN periode text;

CREATE INDEX subject_link_by_periode ON subject_link (periode) WHERE periode IS NOT NULL
"""

# The set of vestigingen that the caller sees, asked once a statement and not once a row: a bulk
# delivery touches thousands of rows.
FUNCTIONS = """
CREATE FUNCTION exchange_seen_vestigingen() RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 50
    BEGIN ATOMIC
        SELECT v.code FROM vestigingen v
        JOIN grants g ON g.role = 'school' AND g.remit = left(v.code, 4)
        JOIN parties p ON p.oin = g.oin
        WHERE g.oin = exchange_party() AND g.revoked_at IS NULL AND p.revoked_at IS NULL
          AND exchange_today() IS NOT NULL
        UNION
        SELECT m.principal FROM mandates m
        JOIN parties p ON p.oin = m.supplier
        WHERE m.supplier = exchange_party() AND m.dienst = 'aanleveren'
          AND m.revoked_at IS NULL AND p.revoked_at IS NULL
          AND m.geldig_van <= exchange_today()
          AND (m.geldig_tot IS NULL OR exchange_today() <= m.geldig_tot);
    END;

-- Whether the caller sent a message, whoever sees it: the rules of messages and message_scope
-- cannot ask each other.
CREATE FUNCTION exchange_sent(number uuid) RETURNS boolean
    SECURITY DEFINER SET search_path = public, pg_temp LANGUAGE sql STABLE COST 500
    BEGIN ATOMIC
        SELECT EXISTS (
            SELECT FROM messages m WHERE m.bericht_id = number AND m.sender = exchange_party()
        );
    END;

-- Making or dropping a month waits for everybody, and everybody waits behind it: so it waits
-- briefly and is tried again.
CREATE FUNCTION exchange_open_month(month date) RETURNS void
    SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '300ms'
    LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', month);
    next date := first + interval '1 month';
    part text := 'registrations_' || to_char(first, 'YYYY_MM');
BEGIN
    IF to_regclass(part) IS NULL
       AND NOT EXISTS (SELECT FROM registrations_elders WHERE datum >= first AND datum < next) THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF registrations FOR VALUES FROM (%L) TO (%L)',
                       part, first, next);
    END IF;
END
$$;

CREATE FUNCTION exchange_drop_months(before date) RETURNS integer
    SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '300ms'
    LANGUAGE plpgsql AS $$
DECLARE
    part record;
    dropped integer := 0;
BEGIN
    FOR part IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'registrations'::regclass
          AND c.relname ~ '^registrations_[0-9]{4}_[0-9]{2}$'
          AND to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= before
    LOOP
        EXECUTE format('DROP TABLE %I', part.relname);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

REVOKE EXECUTE ON FUNCTION exchange_open_month, exchange_drop_months, exchange_seen_vestigingen,
    exchange_sent FROM PUBLIC;

GRANT EXECUTE ON FUNCTION exchange_open_month, exchange_drop_months TO verzuim_purge;

GRANT EXECUTE ON FUNCTION exchange_seen_vestigingen, exchange_sent TO verzuim_api;

SELECT exchange_open_month((date_trunc('month', now()) + n * interval '1 month')::date)
    FROM generate_series(-4, 2) AS n
"""

GRANTS = """
GRANT SELECT, INSERT ON message_scope, month_sources TO verzuim_api;

GRANT UPDATE (bron) ON month_sources TO verzuim_api;

GRANT SELECT, INSERT, DELETE ON telstand TO verzuim_api;

GRANT SELECT, INSERT, DELETE ON registrations TO verzuim_api;

GRANT SELECT, INSERT ON registration_ids TO verzuim_api;

GRANT UPDATE (datum, content, withdrawn) ON registration_ids TO verzuim_api;

GRANT SELECT, INSERT ON leerlingaantallen, schoolcijfers TO verzuim_api;

GRANT UPDATE (leerlingen, geplande_minuten, put_at, put_by) ON leerlingaantallen TO verzuim_api;

GRANT UPDATE (leerlingen, geplande_minuten, geoorloofd_minuten, geoorloofd_leerlingen,
              geoorloofd_grootste, ongeoorloofd_minuten, ongeoorloofd_leerlingen,
              ongeoorloofd_grootste, leerlingen_met_ongeoorloofd, trede1, trede2, trede3,
              put_at, put_by) ON schoolcijfers TO verzuim_api;

GRANT SELECT (vestigingscode, datum), DELETE ON registrations, registration_ids TO verzuim_purge;

GRANT SELECT (bericht_id, schooljaar), DELETE ON telstand TO verzuim_purge;

GRANT SELECT (periode) ON subject_link TO verzuim_purge;

GRANT SELECT (vestigingscode, periode), DELETE
    ON leerlingaantallen, schoolcijfers, month_sources TO verzuim_purge;

GRANT SELECT ON leerlingaantallen, schoolcijfers, month_sources, message_scope TO verzuim_reader
"""

SECURITY = """
ALTER TABLE message_scope ENABLE ROW LEVEL SECURITY;

CREATE POLICY api_sees ON message_scope FOR SELECT TO verzuim_api
    USING (exchange_sees_vestiging(vestigingscode));

-- Who sees a scope sees the message: so nobody writes one for a message of another.
CREATE POLICY api_adds ON message_scope FOR INSERT TO verzuim_api
    WITH CHECK (exchange_sent(bericht_id));

CREATE POLICY reader ON message_scope FOR SELECT TO verzuim_reader USING (true);

DROP POLICY api_sees ON messages;

CREATE POLICY api_sees ON messages FOR SELECT TO verzuim_api USING (
    (SELECT exchange_is_fg())
    OR EXISTS (
        SELECT FROM outbox o
        WHERE o.bericht_id = messages.bericht_id AND o.recipient = exchange_party()
    )
    OR exchange_sees_vestiging(vestigingscode)
    OR EXISTS (SELECT FROM message_scope s WHERE s.bericht_id = messages.bericht_id)
);

ALTER TABLE telstand ENABLE ROW LEVEL SECURITY;

CREATE POLICY api_sees ON telstand FOR SELECT TO verzuim_api
    USING (exchange_sees_vestiging(vestigingscode));

CREATE POLICY api_adds ON telstand FOR INSERT TO verzuim_api WITH CHECK (true);

CREATE POLICY api_undoes ON telstand FOR DELETE TO verzuim_api
    USING (exchange_sees_vestiging(vestigingscode));

CREATE POLICY purge ON telstand TO verzuim_purge USING (true);

ALTER TABLE registrations ENABLE ROW LEVEL SECURITY;

CREATE POLICY api_sees ON registrations FOR SELECT TO verzuim_api
    USING (vestigingscode IN (SELECT exchange_seen_vestigingen()));

CREATE POLICY api_corrects ON registrations FOR DELETE TO verzuim_api
    USING (vestigingscode IN (SELECT exchange_seen_vestigingen()));

CREATE POLICY api_adds ON registrations FOR INSERT TO verzuim_api WITH CHECK (true);

CREATE POLICY purge ON registrations TO verzuim_purge USING (true);

ALTER TABLE registration_ids ENABLE ROW LEVEL SECURITY;

CREATE POLICY api ON registration_ids TO verzuim_api
    USING (vestigingscode IN (SELECT exchange_seen_vestigingen()));

CREATE POLICY purge ON registration_ids TO verzuim_purge USING (true);

ALTER TABLE leerlingaantallen ENABLE ROW LEVEL SECURITY;

CREATE POLICY api ON leerlingaantallen TO verzuim_api
    USING (exchange_sees_vestiging(vestigingscode));

CREATE POLICY reader ON leerlingaantallen FOR SELECT TO verzuim_reader USING (true);

CREATE POLICY purge ON leerlingaantallen TO verzuim_purge USING (true);

ALTER TABLE schoolcijfers ENABLE ROW LEVEL SECURITY;

CREATE POLICY api ON schoolcijfers TO verzuim_api
    USING (exchange_sees_vestiging(vestigingscode));

CREATE POLICY reader ON schoolcijfers FOR SELECT TO verzuim_reader USING (true);

CREATE POLICY purge ON schoolcijfers TO verzuim_purge USING (true);

ALTER TABLE month_sources ENABLE ROW LEVEL SECURITY;

CREATE POLICY api ON month_sources TO verzuim_api
    USING (vestigingscode IN (SELECT exchange_seen_vestigingen()));

CREATE POLICY purge ON month_sources TO verzuim_purge USING (true);

CREATE POLICY reader ON month_sources FOR SELECT TO verzuim_reader USING (true)
"""


def upgrade() -> None:
    """Make the tables, the functions that look after months, and the rules on both."""
    run(TABLES)
    run(FUNCTIONS)
    run(GRANTS)
    run(SECURITY)
