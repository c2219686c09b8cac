"""What must hold between the tables after any crash: nothing is half-written."""

from __future__ import annotations

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from exchange.crypto.verify_log import leaf_hash

_RECORDS = """
    WITH records AS (
        SELECT entry, bericht_id, convert_from(leaf, 'UTF8')::jsonb ->> 'name' AS action
        FROM log_records
    ), received AS (
        SELECT * FROM records WHERE action = 'bericht-aangenomen'
    )
"""

RULES = {
    "every message has the log record of its acceptance": """
        SELECT m.bericht_id FROM messages m
        LEFT JOIN received r ON r.entry = m.entry AND r.bericht_id = m.bericht_id
        WHERE r.entry IS NULL
    """,
    "every acceptance in the log has its message": """
        SELECT r.bericht_id FROM received r LEFT JOIN messages m ON m.entry = r.entry
        WHERE m.bericht_id IS NULL
    """,
    "every message is linked to its pupil, a delivery to each of its pupils": """
        SELECT m.bericht_id FROM messages m
        LEFT JOIN subject_link s ON s.entry = m.entry AND s.bericht_id = m.bericht_id
        GROUP BY m.bericht_id
        HAVING count(s.entry) <> 1 AND (m.soort <> 'verzuimregistraties' OR count(s.entry) = 0)
    """,
    "every link has its log record": """
        SELECT s.bericht_id FROM subject_link s LEFT JOIN log_records l USING (entry)
        WHERE l.entry IS NULL
    """,
    "every message has exactly one idempotency key": """
        SELECT m.bericht_id FROM messages m LEFT JOIN idempotency i USING (bericht_id)
        GROUP BY m.bericht_id HAVING count(i.key_digest) <> 1
    """,
    "every idempotency key has its message": """
        SELECT i.bericht_id FROM idempotency i LEFT JOIN messages m USING (bericht_id)
        WHERE m.bericht_id IS NULL
    """,
    "a signaal that stands holds its natural key, one that was taken back does not": """
        SELECT m.bericht_id FROM messages m LEFT JOIN natural_keys n USING (bericht_id)
        WHERE m.soort = 'signaal'
        GROUP BY m.bericht_id HAVING count(n.digest) <> (m.withdrawn_at IS NULL)::int
    """,
    "every signaal and melding has exactly one parcel": """
        SELECT m.bericht_id FROM messages m LEFT JOIN outbox o USING (bericht_id)
        WHERE m.soort IN ('signaal', 'verzuimmelding')
        GROUP BY m.bericht_id HAVING count(o.bericht_id) <> 1
    """,
    "a withdrawal has a parcel exactly when what it withdraws was fetched": """
        SELECT m.bericht_id FROM messages m
        JOIN outbox earlier ON earlier.bericht_id = m.betreft
        LEFT JOIN outbox o ON o.bericht_id = m.bericht_id
        WHERE m.soort = 'intrekking'
        GROUP BY m.bericht_id, earlier.fetched_at
        HAVING count(o.bericht_id) <> (earlier.fetched_at IS NOT NULL)::int
    """,
    "a withdrawn message names its withdrawal, and the other way round": """
        SELECT m.bericht_id FROM messages m
        LEFT JOIN messages w ON w.bericht_id = m.withdrawn_by AND w.betreft = m.bericht_id
        WHERE (m.withdrawn_at IS NOT NULL) <> (w.bericht_id IS NOT NULL)
        UNION
        SELECT w.bericht_id FROM messages w
        LEFT JOIN messages m ON m.withdrawn_by = w.bericht_id
        WHERE w.soort = 'intrekking' AND m.bericht_id IS NULL
    """,
    "a parcel is fetched exactly when the log says so": """
        SELECT o.bericht_id FROM outbox o
        LEFT JOIN records r ON r.bericht_id = o.bericht_id AND r.action = 'bericht-opgehaald'
        GROUP BY o.bericht_id, o.fetched_at
        HAVING (count(r.entry) > 0) <> (o.fetched_at IS NOT NULL)
    """,
    "a parcel is acknowledged once exactly when the log says so": """
        SELECT o.bericht_id FROM outbox o
        LEFT JOIN records r ON r.bericht_id = o.bericht_id AND r.action = 'bericht-bevestigd'
        GROUP BY o.bericht_id, o.acknowledged_at
        HAVING count(r.entry) <> (o.acknowledged_at IS NOT NULL)::int
    """,
    "a parcel is parked once, exactly when the log and the school were told": """
        SELECT o.bericht_id FROM outbox o
        LEFT JOIN records r ON r.bericht_id = o.bericht_id AND r.action = 'bericht-geparkeerd'
        LEFT JOIN terugmeldingen t ON t.bericht_id = o.bericht_id AND t.status = 'geparkeerd'
        GROUP BY o.bericht_id, o.parked_at
        HAVING count(DISTINCT r.entry) <> (o.parked_at IS NOT NULL)::int
            OR count(DISTINCT t.id) <> (o.parked_at IS NOT NULL)::int
    """,
    "a melding that stands restarts a count once, and nothing else does": """
        SELECT m.bericht_id FROM messages m LEFT JOIN telstand t USING (bericht_id)
        GROUP BY m.bericht_id HAVING count(t.bericht_id)
            <> (m.soort = 'verzuimmelding' AND m.withdrawn_at IS NULL)::int
    """,
    "a number that was not taken back has its registration, and the other way round": """
        SELECT 1 FROM registrations r
        FULL JOIN (SELECT * FROM registration_ids WHERE NOT withdrawn) i
            USING (vestigingscode, id_digest, datum)
        WHERE r.bericht_id IS NULL OR i.content IS NULL
    """,
    "a registration lies within the scope of the delivery that it came with": """
        SELECT 1 FROM registrations r
        LEFT JOIN message_scope s ON s.bericht_id = r.bericht_id
            AND s.vestigingscode = r.vestigingscode AND s.periode = to_char(r.datum, 'YYYY-MM')
        WHERE s.bericht_id IS NULL
    """,
    "a delivery has a scope, and nothing else has": """
        SELECT 1 FROM messages m FULL JOIN message_scope s USING (bericht_id)
        GROUP BY bericht_id, m.soort
        HAVING (m.soort IS NOT DISTINCT FROM 'verzuimregistraties') <> (count(s.periode) > 0)
    """,
    "a link to a pupil goes with a month exactly when a delivery made it, with one of its own": """
        SELECT 1 FROM subject_link l JOIN messages m ON m.entry = l.entry
        LEFT JOIN message_scope s ON s.bericht_id = m.bericht_id
            AND s.vestigingscode = l.vestigingscode AND s.periode = l.periode
        WHERE (m.soort = 'verzuimregistraties') <> (s.periode IS NOT NULL)
            OR (l.periode IS NULL) <> (s.periode IS NULL)
    """,
    "a month with registrations is delivered as registrations": """
        SELECT 1 FROM registrations r
        LEFT JOIN month_sources b ON b.vestigingscode = r.vestigingscode
            AND b.periode = to_char(r.datum, 'YYYY-MM')
        WHERE b.bron IS DISTINCT FROM 'registraties'
    """,
    "figures count the signalen and meldingen that stand, or are marked to be counted anew": """
        SELECT 1 FROM (
            SELECT vestigingscode, periode,
                   count(*) FILTER (WHERE soort = 'signaal' AND withdrawn_at IS NULL) AS s,
                   count(*) FILTER (WHERE soort = 'verzuimmelding' AND withdrawn_at IS NULL) AS m
            FROM messages WHERE soort IN ('signaal', 'verzuimmelding') GROUP BY 1, 2
        ) AS stands LEFT JOIN tally USING (vestigingscode, periode)
        WHERE (s, m) IS DISTINCT FROM (signalen, verzuimmeldingen)
            AND (vestigingscode, periode) NOT IN (SELECT vestigingscode, periode FROM tally_due)
    """,
    "figures count every minute that is registered, or are marked to be counted anew": """
        SELECT 1 FROM (
            SELECT vestigingscode, to_char(datum, 'YYYY-MM') AS periode, sum(minuten) AS minuten
            FROM registrations GROUP BY 1, 2
        ) AS stands FULL JOIN (SELECT * FROM tally WHERE bron = 'registraties') AS counted
            USING (vestigingscode, periode)
        WHERE coalesce(minuten, 0) <> coalesce(geoorloofd_minuten + ongeoorloofd_minuten, 0)
            AND (vestigingscode, periode) NOT IN (SELECT vestigingscode, periode FROM tally_due)
    """,
}


_HASHED = "every log record has the hash that stands beside it"
NAMES = (*RULES, _HASHED)


async def inconsistencies(conn: asyncpg.Connection) -> list[str]:
    """Name every rule that some row breaks; nothing personal."""
    broken = [rule for rule, query in RULES.items() if await conn.fetch(_RECORDS + query)]
    records = await conn.fetch("SELECT leaf, leaf_hash FROM log_records")
    if any(leaf_hash(record["leaf"]) != record["leaf_hash"] for record in records):
        broken.append(_HASHED)
    return broken
