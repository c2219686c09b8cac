"""The data model on one screen: every table, every rule that makes a wrong row impossible.

Nothing here holds a PGN in any form that can be undone or recomputed without a key: ``payload`` and
``receipt`` are sealed, every ``*digest`` and ``blind_index`` is keyed (promises P3, P4). Times are
aware, ids are UUIDv7. Who may do what stands in the migrations. Figures are in ``figure_tables``,
the log in ``log_tables``, the people who look at it in ``console_tables``.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from exchange.storage.columns import (
    BYTES,
    GEMEENTE,
    NAMING,
    OIN,
    PERIODE,
    POSTCODE4,
    SCHOOLJAAR,
    TIME,
    VESTIGING,
    index,
    may,
    must,
    rule,
)

LIVE = "status IN ('wachtend', 'afgeleverd', 'geparkeerd')"

metadata = MetaData(naming_convention=NAMING)

# --- Directory: who takes part, for whom, with which keys; school locations and municipalities ---

parties = Table(
    "parties",
    metadata,
    must("oin", OIN, primary_key=True),
    must("name", Text(), unique=True),
    may("push_url", Text()),
    must("added_at", TIME),
    may("revoked_at", TIME),
    rule("oin", "length(oin) = 20"),
)

grants = Table(
    "grants",
    metadata,
    must("oin", OIN, ForeignKey("parties.oin"), primary_key=True),
    must("role", Text(), primary_key=True),
    must("remit", Text(), primary_key=True),
    may("revoked_at", TIME),
    rule(
        "remit",
        "CASE WHEN role = 'school' THEN remit ~ '^[0-9]{2}[A-Z]{2}$'"
        " WHEN role IN ('leerplicht', 'college') THEN remit ~ '^[0-9]{4}$'"
        " WHEN role = 'swv' THEN remit ~ '^(PO|VO)[0-9]{4}$'"
        " ELSE role IN ('leverancier', 'ocw', 'fg') AND remit = '' END",
    ),
    # What is sealed to "the" leerplicht of a gemeente must have one address.
    index(
        "grants_one_holder",
        *("role", "remit"),
        unique=True,
        where="role IN ('leerplicht', 'college', 'swv', 'ocw') AND revoked_at IS NULL",
    ),
)

mandates = Table(
    "mandates",
    metadata,
    must("id", Uuid(), primary_key=True),
    must("supplier", OIN, ForeignKey("parties.oin")),
    must("principal", Text()),
    must("dienst", Text()),
    must("geldig_van", Date()),
    may("geldig_tot", Date()),
    must("betreft_vanaf", Date()),
    may("revoked_at", TIME),
    rule("dienst", "dienst IN ('aanleveren', 'ontvangen')"),
    rule("geldig", "geldig_tot >= geldig_van"),
    index(
        "mandates_standing",
        *("supplier", "principal", "dienst", "geldig_van"),
        unique=True,
        where="revoked_at IS NULL",
    ),
)

recipient_keys = Table(
    "recipient_keys",
    metadata,
    must("oin", OIN, ForeignKey("parties.oin"), primary_key=True),
    must("kid", Text(), primary_key=True),
    must("jwk", Text()),
    must("status", Text()),
    must("registered_at", TIME),
    may("approved_at", TIME),
    rule("status", "status IN ('actief', 'wacht-op-bevestiging', 'vervangen')"),
    rule("approved", "status <> 'actief' OR approved_at IS NOT NULL"),
    index("recipient_keys_one_active", "oin", unique=True, where="status = 'actief'"),
)

vestigingen = Table(
    "vestigingen",
    metadata,
    must("code", VESTIGING, primary_key=True),
    must("geldig_van", Date(), primary_key=True),
    may("geldig_tot", Date()),
    must("gemeente", GEMEENTE),
    must("sector", Text()),
    must("swv", Text()),
    may("naam", Text()),
    may("bevoegd_gezag", Text()),
    may("postcode4", POSTCODE4),
    may("bron", Text()),
    rule("sector", "sector IN ('po', 'so', 'vo', 'vso')"),
    rule("geldig", "geldig_tot >= geldig_van"),
    rule("postcode4", "postcode4 ~ '^[1-9][0-9]{3}$'"),
    rule("bron", "bron IN ('bo', 'so', 'vo')"),
    index("vestigingen_by_brin", text('"left"(code, 4)')),
)

gemeenten = Table(
    "gemeenten",
    metadata,
    must("code", GEMEENTE, primary_key=True),
    must("geldig_van", Date(), primary_key=True),
    may("geldig_tot", Date()),
    must("naam", Text()),
    may("bron", Text()),
    rule("geldig", "geldig_tot >= geldig_van"),
    rule("bron", "bron = 'gemeenten'"),
)

swv_regio = Table(
    "swv_regio",
    metadata,
    must("postcode4", POSTCODE4, primary_key=True),
    must("geldig_van", Date(), primary_key=True),
    may("geldig_tot", Date()),
    may("swv_po", Text()),
    may("swv_vo", Text()),
    rule("postcode4", "postcode4 ~ '^[1-9][0-9]{3}$'"),
    rule("geldig", "geldig_tot >= geldig_van"),
    rule(
        "swv",
        "num_nonnulls(swv_po, swv_vo) > 0 AND swv_po ~ '^PO[0-9]{4}$' AND swv_vo ~ '^VO[0-9]{4}$'",
    ),
)

# --- What a school told about itself; reasons only as keyed digests (P3) ---

verzuimbeleid = Table(
    "verzuimbeleid",
    metadata,
    must("vestigingscode", VESTIGING, primary_key=True),
    must("versie", Integer(), primary_key=True, autoincrement=False),
    must("geldig_vanaf", Date()),
    must("vastgesteld_op", Date()),
    must("lesuur_in_minuten", SmallInteger()),
    must("reden_digests", ARRAY(BYTES)),
    must("reden_categorieen", ARRAY(Text())),
    must("criteria", ARRAY(Text())),
    must("elementen", ARRAY(Text())),
    must("digest", BYTES),
    must("put_at", TIME),
    must("put_by", OIN),
    rule("redenen", "cardinality(reden_digests) = cardinality(reden_categorieen)"),
    rule("categorie", "reden_categorieen <@ ARRAY['geoorloofd', 'ongeoorloofd']"),
    rule("digest", "octet_length(digest) = 33"),
)

schoolkalenders = Table(
    "schoolkalenders",
    metadata,
    must("vestigingscode", VESTIGING, primary_key=True),
    must("schooljaar", SCHOOLJAAR, primary_key=True, autoincrement=False),
    must("lesvrij", JSONB()),
    must("put_at", TIME),
    must("put_by", OIN),
)

# --- Messages on their way: until the register term (schooljaar of the notice and the next) ---

messages = Table(
    "messages",
    metadata,
    must("bericht_id", Uuid(), primary_key=True),
    must("soort", Text()),
    must("vestigingscode", VESTIGING),
    must("schooljaar", SCHOOLJAAR),
    must("periode", PERIODE),
    must("event_day", Date()),
    must("sender", OIN),
    must("received_at", TIME),
    may("betreft", Uuid()),
    may("withdrawn_at", TIME),
    may("withdrawn_by", Uuid()),
    must("digest", BYTES),
    must("policy_date", Date()),
    must("entry", Uuid()),
    must("receipt", BYTES),
    rule("vestigingscode", "vestigingscode ~ '^[0-9]{2}[A-Z]{2}[0-9]{2}$'"),
    rule("periode", "periode ~ '^2[0-9]{3}-(0[1-9]|1[0-2])$'"),
    rule("withdrawn", "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)"),
    rule("digest", "octet_length(digest) = 33"),
    index("messages_by_vestiging", "vestigingscode", "bericht_id"),
    index("messages_by_periode", "vestigingscode", "periode", "bericht_id"),
    index("messages_by_term", "schooljaar", postgresql_using="brin"),
    index("messages_counted", "vestigingscode", "periode", where="soort <> 'verzuimregistraties'"),
)


def of_message(*, primary_key: bool = False) -> Column[UUID]:
    """Declare the message that a row belongs to, and goes with."""
    owner = ForeignKey(messages.c.bericht_id, ondelete="CASCADE")
    return must("bericht_id", Uuid(), owner, primary_key=primary_key)


outbox = Table(
    "outbox",
    metadata,
    of_message(primary_key=True),
    must("rol", Text(), primary_key=True),
    must("recipient", OIN),
    must("soort", Text()),
    must("vestigingscode", VESTIGING),
    must("schooljaar", SCHOOLJAAR),
    must("purpose", Text()),
    must("kid", Text()),
    may("payload", BYTES),
    must("created_at", TIME),
    must("status", Text(), server_default="wachtend"),
    may("fetched_at", TIME),
    may("acknowledged_at", TIME),
    may("refusal", Text()),
    may("handling", Text()),
    may("afsluitreden", Text()),
    may("parked_at", TIME),
    may("erased_at", TIME),
    must("push_status", Text(), server_default="geen"),
    must("push_attempt", SmallInteger(), server_default=text("0")),
    may("push_due_at", TIME),
    may("push_lease_until", TIME),
    rule("rol", "rol IN ('leerplicht', 'college', 'swv', 'ocw')"),
    rule("payload", "(payload IS NULL) = (erased_at IS NOT NULL)"),
    rule(
        "status",
        f"CASE WHEN {LIVE} THEN erased_at IS NULL"
        " ELSE status = 'bevestigd'"
        " OR (status IN ('geweigerd', 'ingetrokken', 'vervallen') AND erased_at IS NOT NULL) END",
    ),
    rule(
        "fetched",
        "CASE WHEN status IN ('wachtend', 'geparkeerd') THEN fetched_at IS NULL"
        " WHEN status IN ('afgeleverd', 'bevestigd', 'geweigerd') THEN fetched_at IS NOT NULL"
        " ELSE true END",
    ),
    rule("parked", "status <> 'geparkeerd' OR parked_at IS NOT NULL"),
    rule(
        "answered",
        "CASE status WHEN 'bevestigd' THEN acknowledged_at IS NOT NULL AND refusal IS NULL"
        " WHEN 'geweigerd' THEN acknowledged_at IS NULL AND refusal IS NOT NULL"
        " WHEN 'ingetrokken' THEN acknowledged_at IS NULL OR refusal IS NULL"
        " ELSE acknowledged_at IS NULL AND refusal IS NULL END",
    ),
    rule("acknowledged", "acknowledged_at IS NULL OR fetched_at IS NOT NULL"),
    rule("refusal", "refusal IN ('NIET_WOONACHTIG', 'NIET_TE_ONTSLEUTELEN', 'ONJUIST_BERICHT')"),
    rule(
        "handling",
        "handling IS NULL OR acknowledged_at IS NOT NULL AND handling IN"
        " ('in-behandeling', 'afgesloten', 'ter-kennisgeving-aangenomen')",
    ),
    rule("afsluitreden", "afsluitreden IS NULL OR handling = 'afgesloten'"),
    rule("push_status", "push_status IN ('geen', 'wachtend', 'bezorgd', 'opgegeven')"),
    rule("push_due", "(push_status = 'wachtend') = (push_due_at IS NOT NULL)"),
    rule("push_lease", "push_lease_until IS NULL OR push_status = 'wachtend'"),
    index("outbox_mailbox", "recipient", "bericht_id", unique=True),
    index("outbox_new", "recipient", "bericht_id", where=LIVE),
    index("outbox_to_push", "recipient", "push_due_at", where="push_status = 'wachtend'"),
    index("outbox_to_park", "created_at", where="status = 'wachtend'"),
    index("outbox_stuck", "status", where="status = 'geparkeerd' OR push_status = 'opgegeven'"),
    index("outbox_to_erase", "acknowledged_at", where="status = 'bevestigd' AND erased_at IS NULL"),
    index("outbox_to_lapse", "schooljaar", where="erased_at IS NULL"),
    index(
        "outbox_ended",
        *("recipient", "status", "bericht_id"),
        where="status IN ('geweigerd', 'ingetrokken', 'vervallen')",
    ),
)

message_scope = Table(
    "message_scope",
    metadata,
    of_message(primary_key=True),
    must("vestigingscode", VESTIGING, primary_key=True),
    must("periode", PERIODE, primary_key=True),
    index("message_scope_by_vestiging", "vestigingscode", "periode", "bericht_id"),
)
"""Every vestiging and month that one delivery of registrations is about."""

terugmeldingen = Table(
    "terugmeldingen",
    metadata,
    must("id", Uuid(), primary_key=True),
    of_message(),
    must("vestigingscode", VESTIGING),
    must("schooljaar", SCHOOLJAAR),
    must("status", Text()),
    may("afsluitreden", Text()),
    may("reden", Text()),
    must("received_at", TIME),
    rule(
        "status",
        "status IN ('in-behandeling', 'afgesloten', 'ter-kennisgeving-aangenomen',"
        " 'geweigerd', 'geparkeerd', 'vervallen')",
    ),
    rule("afsluitreden", "(afsluitreden IS NOT NULL) = (status = 'afgesloten')"),
    rule("reden", "(reden IS NOT NULL) = (status = 'geweigerd')"),
    index("terugmeldingen_by_vestiging", "vestigingscode", "id"),
    index("terugmeldingen_by_message", "bericht_id"),  # for the cascade
)

idempotency = Table(
    "idempotency",
    metadata,
    must("key_digest", BYTES, primary_key=True),
    must("body_digest", BYTES),
    must("bericht_id", Uuid()),
    must("status", SmallInteger()),
    must("created_at", TIME),
    rule("digests", "octet_length(key_digest) = 33 AND octet_length(body_digest) = 33"),
    index("idempotency_by_age", "created_at", postgresql_using="brin"),
)

natural_keys = Table(
    "natural_keys",
    metadata,
    must("digest", BYTES, primary_key=True),
    must(
        "bericht_id",
        Uuid(),
        # Claimed before the message itself is written, so checked at commit.
        ForeignKey(
            messages.c.bericht_id, ondelete="CASCADE", deferrable=True, initially="DEFERRED"
        ),
    ),
    rule("digest", "octet_length(digest) = 33"),
    index("natural_keys_by_message", "bericht_id"),
)

# --- Counting: registrations until 7 days after their month closed, telstand to 31 July ---

registrations = Table(
    "registrations",
    metadata,
    must("vestigingscode", VESTIGING, primary_key=True),
    must("datum", Date(), primary_key=True),
    must("id_digest", BYTES, primary_key=True),
    must("id_sealed", BYTES),
    must("pupil", BYTES),
    must("minuten", SmallInteger()),
    must("categorie", Text()),
    must("bericht_id", Uuid()),
    rule("id_digest", "octet_length(id_digest) = 33"),
    rule("pupil", "octet_length(pupil) = 33"),
    rule("minuten", "minuten BETWEEN 1 AND 720"),
    rule("categorie", "categorie IN ('geoorloofd', 'ongeoorloofd')"),
    index(
        "registrations_unauthorised",
        *("vestigingscode", "pupil", "datum"),
        where="categorie = 'ongeoorloofd'",
        postgresql_include=["minuten"],
    ),
    postgresql_partition_by="RANGE (datum)",
)
"""``pupil`` is the counting pseudonym: it holds for one vestiging and one schooljaar."""

registration_ids = Table(
    "registration_ids",
    metadata,
    must("vestigingscode", VESTIGING, primary_key=True),
    must("id_digest", BYTES, primary_key=True),
    must("datum", Date()),
    must("content", BYTES),
    must("withdrawn", Boolean()),
    rule("id_digest", "octet_length(id_digest) = 33"),
    rule("content", "octet_length(content) = 33"),
    index("registration_ids_by_age", "datum", postgresql_using="brin"),
)
"""What makes a registratieId unique: not partitioned, so that a correction may change the month."""

telstand = Table(
    "telstand",
    metadata,
    of_message(primary_key=True),
    must("vestigingscode", VESTIGING),
    must("schooljaar", SCHOOLJAAR),
    must("pupil", BYTES),
    must("verzuimsoort", Text()),
    must("begin", Date()),
    must("eind", Date()),
    rule("pupil", "octet_length(pupil) = 33"),
    rule("verzuimsoort", "verzuimsoort IN ('16-uur', 'langdurig', 'luxe')"),
    rule("in_order", "begin <= eind"),
    index("telstand_by_pupil", "vestigingscode", "schooljaar", "pupil"),
    index("telstand_by_term", "schooljaar"),
)
"""What restarts a count: one row per melding that stands; a withdrawal takes it away."""

leerlingaantallen = Table(
    "leerlingaantallen",
    metadata,
    must("vestigingscode", VESTIGING, primary_key=True),
    must("periode", PERIODE, primary_key=True),
    must("leerlingen", Integer()),
    must("geplande_minuten", Integer()),
    must("put_at", TIME),
    must("put_by", OIN),
    rule("periode", "periode ~ '^2[0-9]{3}-(0[1-9]|1[0-2])$'"),
)

schoolcijfers = Table(
    "schoolcijfers",
    metadata,
    must("vestigingscode", VESTIGING, primary_key=True),
    must("periode", PERIODE, primary_key=True),
    must("leerlingen", Integer()),
    must("geplande_minuten", Integer()),
    *(must(f"{soort}_leerlingen", Integer()) for soort in ("geoorloofd", "ongeoorloofd")),
    *(must(f"{soort}_minuten", BigInteger()) for soort in ("geoorloofd", "ongeoorloofd")),
    *(must(f"{soort}_grootste", BigInteger()) for soort in ("geoorloofd", "ongeoorloofd")),
    must("leerlingen_met_ongeoorloofd", Integer()),
    *(must(trede, Integer()) for trede in ("trede1", "trede2", "trede3")),
    must("put_at", TIME),
    must("put_by", OIN),
    rule("periode", "periode ~ '^2[0-9]{3}-(0[1-9]|1[0-2])$'"),
    rule("treden", "trede1 + trede2 + trede3 = leerlingen"),
)

month_sources = Table(
    "month_sources",
    metadata,
    must("vestigingscode", VESTIGING, primary_key=True),
    must("periode", PERIODE, primary_key=True),
    must("bron", Text()),
    rule("bron", "bron IN ('registraties', 'schoolcijfers')"),
)
"""A vestiging delivers a month as registrations or as finished figures, never both."""
