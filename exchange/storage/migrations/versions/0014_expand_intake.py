"""What the way in costs: rows that come as they are, and a judgement planned with its question."""

from exchange.storage.migrations.script import run

revision = "0014"
down_revision = "0013"

# The judgement of exchange_sees_vestiging, in the policy: so it is planned with the question. As a
# call it ran three queries of its own for each row, which was two thirds of what looking round a
# message cost. Of mandates and grants one is asked for: from an EXISTS the planner may make a table
# of all that the party has, and a supplier has thousands. A test holds the two against each other.
POLICY = """
ALTER POLICY api ON {table} USING (
    exchange_today() IS NOT NULL
    AND EXISTS (
        SELECT FROM parties p
        WHERE p.oin = exchange_party() AND p.revoked_at IS NULL
    )
    AND coalesce(
        (
            SELECT true FROM mandates m
            WHERE m.supplier = exchange_party() AND m.principal = {table}.vestigingscode
              AND m.dienst = 'aanleveren' AND m.revoked_at IS NULL
              AND m.geldig_van <= exchange_today()
              AND (m.geldig_tot IS NULL OR exchange_today() <= m.geldig_tot)
            LIMIT 1
        ),
        (
            SELECT true FROM grants g
            WHERE g.oin = exchange_party() AND g.role = 'school'
              AND g.remit = left({table}.vestigingscode, 4) AND g.revoked_at IS NULL
            LIMIT 1
        ),
        false
    )
)
"""

# Who reads a message asks about it alone. Of an EXISTS the planner made a table of the recipient's
# whole mailbox, as long as it knew no better, for each message that was looked at.
OF_A_RECIPIENT = """
ALTER POLICY api_sees ON {table} USING (
    (SELECT exchange_is_fg())
    OR coalesce(
        (
            SELECT true FROM outbox o
            WHERE o.bericht_id = {table}.bericht_id AND o.recipient = exchange_party()
            LIMIT 1
        ),
        false
    )
    OR exchange_sees_vestiging(vestigingscode){further}
)
"""
SCOPED = "\n    OR EXISTS (SELECT FROM message_scope s WHERE s.bericht_id = messages.bericht_id)"


# The rows of an acceptance as the gateway hands them over: an array of rows is read and written in
# a fraction of the time that an array for each column takes. No table has these as its columns, so
# a table may get another one while gateways of two releases write.
TYPES = """
CREATE TYPE intake_key AS (
    key_digest bytea, body_digest bytea, bericht_id uuid, status smallint, created_at timestamptz,
    same_again bytea
);

CREATE TYPE intake_message AS (
    bericht_id uuid, soort text, vestigingscode text, schooljaar smallint, periode text,
    event_day date, sender text, received_at timestamptz, betreft uuid, digest bytea,
    policy_date date, entry uuid, receipt bytea
);

CREATE TYPE intake_parcel AS (
    bericht_id uuid, rol text, recipient text, soort text, vestigingscode text, schooljaar smallint,
    purpose text, kid text, payload bytea, created_at timestamptz, push boolean
);

CREATE TYPE intake_record AS (
    entry uuid, recorded_at timestamptz, activity text, actor text, recipient text, bericht_id uuid,
    action text, outcome text, leaf bytea, leaf_hash bytea
);

CREATE TYPE intake_link AS (
    entry uuid, bericht_id uuid, vestigingscode text, schooljaar smallint, salt bytea,
    blind_index bytea, periode text
);

GRANT USAGE ON TYPE intake_key, intake_message, intake_parcel, intake_record, intake_link
    TO verzuim_api
"""


def upgrade() -> None:
    """Have policies ask for one row at a time, then make the types."""
    for table in ("verzuimbeleid", "schoolkalenders"):
        run(POLICY.format(table=table))
    run(OF_A_RECIPIENT.format(table="messages", further=SCOPED))
    run(OF_A_RECIPIENT.format(table="subject_link", further=""))
    run(TYPES)
