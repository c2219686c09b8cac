"""The tables of the first release; ``exchange.storage.tables`` shows them as they are now."""

from exchange.storage.migrations.script import run

revision = "0001"
down_revision = None

TABLES = r"""
CREATE TABLE parties (
    oin text PRIMARY KEY CONSTRAINT parties_oin CHECK (length(oin) = 20),
    name text NOT NULL UNIQUE,
    push_url text,
    added_at timestamptz NOT NULL,
    revoked_at timestamptz
);

CREATE TABLE grants (
    oin text NOT NULL REFERENCES parties,
    role text NOT NULL,
    remit text NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (oin, role, remit),
    CONSTRAINT grants_remit CHECK (
        CASE WHEN role = 'school' THEN remit ~ '^[0-9]{2}[A-Z]{2}$'
             WHEN role IN ('leerplicht', 'college') THEN remit ~ '^[0-9]{4}$'
             WHEN role = 'swv' THEN remit ~ '^(PO|VO)[0-9]{4}$'
             ELSE role IN ('leverancier', 'ocw', 'fg') AND remit = '' END
    )
);

CREATE UNIQUE INDEX grants_one_holder ON grants (role, remit)
    WHERE role IN ('leerplicht', 'college', 'swv', 'ocw') AND revoked_at IS NULL;

CREATE TABLE mandates (
    id uuid PRIMARY KEY,
    supplier text NOT NULL REFERENCES parties,
    principal text NOT NULL,
    dienst text NOT NULL CONSTRAINT mandates_dienst CHECK (dienst IN ('aanleveren', 'ontvangen')),
    geldig_van date NOT NULL,
    geldig_tot date,
    betreft_vanaf date NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT mandates_geldig CHECK (geldig_tot >= geldig_van)
);

CREATE UNIQUE INDEX mandates_standing ON mandates (supplier, principal, dienst, geldig_van)
    WHERE revoked_at IS NULL;

CREATE TABLE recipient_keys (
    oin text NOT NULL REFERENCES parties,
    kid text NOT NULL,
    jwk text NOT NULL,
    status text NOT NULL CONSTRAINT recipient_keys_status
        CHECK (status IN ('actief', 'wacht-op-bevestiging', 'vervangen')),
    registered_at timestamptz NOT NULL,
    approved_at timestamptz,
    PRIMARY KEY (oin, kid),
    CONSTRAINT recipient_keys_approved CHECK (status <> 'actief' OR approved_at IS NOT NULL)
);

CREATE UNIQUE INDEX recipient_keys_one_active ON recipient_keys (oin) WHERE status = 'actief';

CREATE TABLE vestigingen (
    code text NOT NULL,
    geldig_van date NOT NULL,
    geldig_tot date,
    gemeente text NOT NULL,
    sector text NOT NULL CONSTRAINT vestigingen_sector CHECK (sector IN ('po', 'so', 'vo', 'vso')),
    swv text NOT NULL,
    PRIMARY KEY (code, geldig_van),
    CONSTRAINT vestigingen_geldig CHECK (geldig_tot >= geldig_van)
);

CREATE TABLE gemeenten (
    code text NOT NULL,
    geldig_van date NOT NULL,
    geldig_tot date,
    naam text NOT NULL,
    PRIMARY KEY (code, geldig_van),
    CONSTRAINT gemeenten_geldig CHECK (geldig_tot >= geldig_van)
);

CREATE TABLE verzuimbeleid (
    vestigingscode text NOT NULL,
    versie integer NOT NULL,
    geldig_vanaf date NOT NULL,
    vastgesteld_op date NOT NULL,
    lesuur_in_minuten smallint NOT NULL,
    reden_digests bytea[] NOT NULL,
    reden_categorieen text[] NOT NULL CONSTRAINT verzuimbeleid_categorie
        CHECK (reden_categorieen <@ ARRAY['geoorloofd', 'ongeoorloofd']),
    criteria text[] NOT NULL,
    elementen text[] NOT NULL,
    digest bytea NOT NULL CONSTRAINT verzuimbeleid_digest CHECK (octet_length(digest) = 33),
    put_at timestamptz NOT NULL,
    put_by text NOT NULL,
    PRIMARY KEY (vestigingscode, versie),
    CONSTRAINT verzuimbeleid_redenen
        CHECK (cardinality(reden_digests) = cardinality(reden_categorieen))
);

CREATE TABLE schoolkalenders (
    vestigingscode text NOT NULL,
    schooljaar smallint NOT NULL,
    lesvrij jsonb NOT NULL,
    put_at timestamptz NOT NULL,
    put_by text NOT NULL,
    PRIMARY KEY (vestigingscode, schooljaar)
);

CREATE TABLE messages (
    bericht_id uuid PRIMARY KEY,
    soort text NOT NULL,
    vestigingscode text NOT NULL CONSTRAINT messages_vestigingscode
        CHECK (vestigingscode ~ '^[0-9]{2}[A-Z]{2}[0-9]{2}$'),
    schooljaar smallint NOT NULL,
    periode text NOT NULL CONSTRAINT messages_periode
        CHECK (periode ~ '^2[0-9]{3}-(0[1-9]|1[0-2])$'),
    sender text NOT NULL,
    received_at timestamptz NOT NULL,
    betreft uuid,
    withdrawn_at timestamptz,
    withdrawn_by uuid,
    digest bytea NOT NULL CONSTRAINT messages_digest CHECK (octet_length(digest) = 33),
    policy_date date NOT NULL,
    entry uuid NOT NULL,
    receipt bytea NOT NULL,
    CONSTRAINT messages_withdrawn CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
);

CREATE INDEX messages_by_vestiging ON messages (vestigingscode, bericht_id);

CREATE INDEX messages_by_periode ON messages (vestigingscode, periode, bericht_id);

CREATE INDEX messages_by_term ON messages USING brin (schooljaar);

CREATE TABLE outbox (
    bericht_id uuid NOT NULL REFERENCES messages ON DELETE CASCADE,
    rol text NOT NULL CONSTRAINT outbox_rol CHECK (rol IN ('leerplicht', 'college', 'swv', 'ocw')),
    recipient text NOT NULL,
    soort text NOT NULL,
    vestigingscode text NOT NULL,
    schooljaar smallint NOT NULL,
    purpose text NOT NULL,
    kid text NOT NULL,
    payload bytea,
    created_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'wachtend',
    fetched_at timestamptz,
    acknowledged_at timestamptz,
    refusal text CONSTRAINT outbox_refusal
        CHECK (refusal IN ('NIET_WOONACHTIG', 'NIET_TE_ONTSLEUTELEN', 'ONJUIST_BERICHT')),
    handling text,
    parked_at timestamptz,
    erased_at timestamptz,
    push_status text NOT NULL DEFAULT 'geen' CONSTRAINT outbox_push_status
        CHECK (push_status IN ('geen', 'wachtend', 'bezorgd', 'opgegeven')),
    push_attempt smallint NOT NULL DEFAULT 0,
    push_due_at timestamptz,
    push_lease_until timestamptz,
    PRIMARY KEY (bericht_id, rol),
    CONSTRAINT outbox_payload CHECK ((payload IS NULL) = (erased_at IS NOT NULL)),
    CONSTRAINT outbox_status CHECK (
        CASE WHEN status IN ('wachtend', 'afgeleverd', 'geparkeerd') THEN erased_at IS NULL
             ELSE status = 'bevestigd'
               OR (status IN ('geweigerd', 'ingetrokken', 'vervallen') AND erased_at IS NOT NULL)
        END
    ),
    CONSTRAINT outbox_fetched CHECK (
        CASE WHEN status IN ('wachtend', 'geparkeerd') THEN fetched_at IS NULL
             WHEN status IN ('afgeleverd', 'bevestigd', 'geweigerd') THEN fetched_at IS NOT NULL
             ELSE true END
    ),
    CONSTRAINT outbox_parked CHECK (status <> 'geparkeerd' OR parked_at IS NOT NULL),
    CONSTRAINT outbox_answered CHECK (
        CASE status WHEN 'bevestigd' THEN acknowledged_at IS NOT NULL AND refusal IS NULL
                    WHEN 'geweigerd' THEN acknowledged_at IS NULL AND refusal IS NOT NULL
                    WHEN 'ingetrokken' THEN acknowledged_at IS NULL OR refusal IS NULL
                    ELSE acknowledged_at IS NULL AND refusal IS NULL END
    ),
    CONSTRAINT outbox_acknowledged CHECK (acknowledged_at IS NULL OR fetched_at IS NOT NULL),
    CONSTRAINT outbox_handling CHECK (
        handling IS NULL OR acknowledged_at IS NOT NULL
            AND handling IN ('in-behandeling', 'afgesloten', 'ter-kennisgeving-aangenomen')
    ),
    CONSTRAINT outbox_push_due CHECK ((push_status = 'wachtend') = (push_due_at IS NOT NULL)),
    CONSTRAINT outbox_push_lease CHECK (push_lease_until IS NULL OR push_status = 'wachtend')
);

-- Ciphertext does not compress: do not try.
ALTER TABLE outbox ALTER payload SET STORAGE EXTERNAL;

ALTER TABLE messages ALTER receipt SET STORAGE EXTERNAL;

CREATE UNIQUE INDEX outbox_mailbox ON outbox (recipient, bericht_id);

CREATE INDEX outbox_new ON outbox (recipient, bericht_id)
    WHERE status IN ('wachtend', 'afgeleverd', 'geparkeerd');

CREATE INDEX outbox_to_push ON outbox (push_due_at) WHERE push_status = 'wachtend';

CREATE INDEX outbox_to_park ON outbox (created_at) WHERE status = 'wachtend';

CREATE INDEX outbox_to_erase ON outbox (acknowledged_at)
    WHERE status = 'bevestigd' AND erased_at IS NULL;

CREATE INDEX outbox_to_lapse ON outbox (schooljaar) WHERE erased_at IS NULL;

CREATE TABLE terugmeldingen (
    id uuid PRIMARY KEY,
    bericht_id uuid NOT NULL REFERENCES messages ON DELETE CASCADE,
    vestigingscode text NOT NULL,
    schooljaar smallint NOT NULL,
    status text NOT NULL CONSTRAINT terugmeldingen_status CHECK (
        status IN ('in-behandeling', 'afgesloten', 'ter-kennisgeving-aangenomen',
                   'geweigerd', 'geparkeerd', 'vervallen')
    ),
    afsluitreden text,
    reden text,
    received_at timestamptz NOT NULL,
    CONSTRAINT terugmeldingen_afsluitreden
        CHECK ((afsluitreden IS NOT NULL) = (status = 'afgesloten')),
    CONSTRAINT terugmeldingen_reden CHECK ((reden IS NOT NULL) = (status = 'geweigerd'))
);

CREATE INDEX terugmeldingen_by_vestiging ON terugmeldingen (vestigingscode, id);

CREATE INDEX terugmeldingen_by_message ON terugmeldingen (bericht_id);

CREATE TABLE idempotency (
    key_digest bytea PRIMARY KEY,
    body_digest bytea NOT NULL,
    bericht_id uuid NOT NULL,
    status smallint NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT idempotency_digests
        CHECK (octet_length(key_digest) = 33 AND octet_length(body_digest) = 33)
);

CREATE INDEX idempotency_by_age ON idempotency USING brin (created_at);

CREATE TABLE natural_keys (
    digest bytea PRIMARY KEY CONSTRAINT natural_keys_digest CHECK (octet_length(digest) = 33),
    bericht_id uuid NOT NULL REFERENCES messages ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX natural_keys_by_message ON natural_keys (bericht_id);

CREATE TABLE log_records (
    entry uuid PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    activity text,
    actor text,
    recipient text,
    bericht_id uuid,
    outcome text,
    leaf bytea,
    leaf_hash bytea NOT NULL CONSTRAINT log_records_leaf_hash CHECK (octet_length(leaf_hash) = 32),
    CONSTRAINT log_records_text CHECK (
        CASE WHEN leaf IS NULL
             THEN num_nonnulls(activity, actor, recipient, bericht_id, outcome) = 0
             ELSE num_nonnulls(activity, outcome) = 2 END
    )
);

CREATE INDEX log_records_by_age ON log_records USING brin (recorded_at);

CREATE TABLE subject_link (
    entry uuid NOT NULL,
    blind_index bytea NOT NULL,
    bericht_id uuid,
    vestigingscode text NOT NULL,
    schooljaar smallint NOT NULL,
    salt bytea NOT NULL,
    PRIMARY KEY (entry, blind_index),
    CONSTRAINT subject_link_sizes
        CHECK (octet_length(blind_index) = 33 AND octet_length(salt) = 16)
);

CREATE INDEX subject_link_by_pupil ON subject_link (vestigingscode, schooljaar, blind_index);

CREATE INDEX subject_link_by_message ON subject_link (bericht_id) WHERE bericht_id IS NOT NULL
"""


def upgrade() -> None:
    """Create every table."""
    run(TABLES)
