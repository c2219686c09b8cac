"""The questions that findings ask the log, with the plan that each expects.

Of what a record is about a pupil nothing is asked: no link, no commitment, no blind index.
"""

from __future__ import annotations

from sqlalchemy import TextClause, text


def _both(question: str) -> tuple[TextClause, TextClause]:
    """Write a question over the log, and over one party's part of it."""
    own = "AND r.entry IN (SELECT unnest(CAST(:own AS uuid[])))"  # never one by one along an array
    return text(question.replace("$own", "")), text(question.replace("$own", own))


ROOM = text("SELECT set_config('work_mem', '32MB', true)")

# Plan: the function of migration 0013, an index each for what a party did, what it was given, and
# what is about pupils of its vestigingen.
OWN = text("""
    SELECT entry
    FROM exchange_own_entries(:floor, :ceiling, CAST(:vestigingen AS text[])) AS own(entry)
""")

# Plan: the same for all that row security shows, then log_records_pkey once per entry.
OWN_PAIRS = text("""
    SELECT DISTINCT r.actor, r.recipient, r.activity
    FROM exchange_own_entries(:floor, :ceiling) AS own(entry) JOIN log_records r USING (entry)
    WHERE r.recorded_at >= :back AND r.recorded_at < :since AND r.actor IS NOT NULL
""")

# What the text of a record is read for: only in records of supervision and of refused messages.
_ACCOUNT = """CASE WHEN r.activity = ANY(CAST(:supervision AS text[]))
    THEN coalesce(convert_from(r.leaf, 'UTF8')::jsonb #>> '{bijzonderheden,account}', '')
    ELSE '' END"""
_UNDECRYPTABLE = """CASE WHEN r.action = 'bericht-geweigerd'
    THEN convert_from(r.leaf, 'UTF8')::jsonb #>> '{bijzonderheden,reden}' = 'NIET_TE_ONTSLEUTELEN'
    ELSE false END"""

# Plan: a bitmap heap scan of one day by log_records_by_age (of one party: of all days, by
# log_records_pkey), each record put in its day, and one hash aggregate for the three ways of
# counting. Days follow on each other, so where one begins the one before has ended.
SCAN = _both(f"""
    SELECT r.actor AS oin, coalesce(as_who.account, '') AS account, in_days.day,
           coalesce(to_whom.recipient, r.activity) AS other,
           to_whom.recipient IS NOT NULL AS is_recipient,
           count(*) FILTER (WHERE r.action = ANY(CAST(:reads AS text[]))) AS reads,
           count(*) FILTER (
               WHERE r.action = ANY(CAST(:reads AS text[]))
               AND (r.recorded_at < in_days.opens OR r.recorded_at >= in_days.closes)
           ) AS outside,
           count(*) FILTER (WHERE {_UNDECRYPTABLE}) AS undecryptable,
           count(*) AS times, min(r.recorded_at) AS first_at
    FROM log_records r
    JOIN unnest(CAST(:days AS date[]), CAST(:opens AS timestamptz[]),
                CAST(:closes AS timestamptz[])) WITH ORDINALITY
         AS in_days (day, opens, closes, number)
         ON in_days.number = width_bucket(r.recorded_at, CAST(:begins AS timestamptz[]))
    CROSS JOIN LATERAL (SELECT {_ACCOUNT} AS account) as_who
    CROSS JOIN LATERAL (SELECT nullif(r.recipient, r.actor) AS recipient) to_whom
    WHERE r.actor IS NOT NULL AND r.recorded_at >= :first AND r.recorded_at < :last $own
    GROUP BY GROUPING SETS ((r.actor, as_who.account, in_days.day), (r.actor, r.activity),
                            (r.actor, to_whom.recipient))
""")  # noqa: S608  our own parts, no value

# Plan: the arrays outside, for each pair a descent of log_records_by_sending or _by_doing, as the
# order says. The arithmetic keeps log_records_by_age out of it, which would read all of history
# for each pair.
_KNOWN = """
    SELECT asked.number
    FROM unnest(CAST(:oins AS text[]), CAST(:others AS text[]))
         WITH ORDINALITY AS asked (oin, other, number)
    CROSS JOIN LATERAL (
        SELECT FROM log_records r
        WHERE r.actor = asked.oin AND r.$column = asked.other
          AND r.entry >= :floor AND r.entry < :ceiling
          AND r.recorded_at + interval '0' >= :back AND r.recorded_at + interval '0' < :since
        ORDER BY r.actor, r.$column, r.entry LIMIT 1
    ) earlier
"""
KNOWN_RECIPIENTS = text(_KNOWN.replace("$column", "recipient"))
KNOWN_ACTIVITIES = text(_KNOWN.replace("$column", "activity"))

# Plan: log_records_not_ok from the least id of the window on.
REFUSED = _both("""
    SELECT r.actor AS oin, date_trunc('minute', r.recorded_at) AS minute, count(*) AS times
    FROM log_records r
    WHERE r.outcome <> 'ok' AND r.outcome = 'geweigerd' AND r.entry >= :floor
      AND r.recorded_at + interval '0' >= :since AND r.recorded_at + interval '0' < :until
      AND r.actor IS NOT NULL $own
    GROUP BY 1, 2
""")

# Plan of both: log_records_by_activity, from the least id of the window on.
KEY_CHANGES = text("""
    SELECT r.entry, r.recorded_at, r.action,
           coalesce(leaf.text ->> 'namens', r.actor, '') AS oin,
           coalesce(leaf.text #>> '{bijzonderheden,kid}', leaf.text #>> '{bijzonderheden,getuige}',
                    leaf.text #>> '{bijzonderheden,sleutel}', '') AS name
    FROM log_records r CROSS JOIN LATERAL (SELECT convert_from(r.leaf, 'UTF8')::jsonb AS text) leaf
    WHERE r.activity = ANY(CAST(:activities AS text[])) AND r.entry >= :floor
      AND r.recorded_at + interval '0' >= :since AND r.recorded_at + interval '0' < :until
      AND r.action = ANY(CAST(:actions AS text[]))
    ORDER BY r.recorded_at, r.entry
""")
LOOKS = text("""
    SELECT r.entry, r.recorded_at, coalesce(r.actor, '') AS oin,
           coalesce(leaf.text #>> '{bijzonderheden,account}', '') AS account,
           coalesce(leaf.text #>> '{bijzonderheden,reden}', '') AS reden
    FROM log_records r CROSS JOIN LATERAL (SELECT convert_from(r.leaf, 'UTF8')::jsonb AS text) leaf
    WHERE r.activity = ANY(CAST(:activities AS text[])) AND r.entry >= :floor
      AND r.recorded_at + interval '0' >= :since AND r.recorded_at + interval '0' < :until
      AND r.outcome = 'ok'
    ORDER BY r.recorded_at, r.entry
""")
BREACHES = text("""
    SELECT reviewed_at FROM finding_reviews
    WHERE outcome = 'gemeld-als-datalek' AND reviewed_at >= :since
""")

# Plan: the arrays outside, for each finding the first rows of one party by log_records_by_actor.
ENTRIES = text(f"""
    SELECT asked.number, found.entry
    FROM unnest(CAST(:numbers AS int[]), CAST(:oins AS text[]), CAST(:accounts AS text[]),
                CAST(:trails AS text[]), CAST(:abouts AS text[]),
                CAST(:sinces AS timestamptz[]), CAST(:untils AS timestamptz[]),
                CAST(:opens AS timestamptz[]), CAST(:closes AS timestamptz[]),
                CAST(:floors AS uuid[]), CAST(:ceilings AS uuid[]))
         AS asked (number, oin, account, trail, about, since, until, opens, closes, floor, ceiling)
    CROSS JOIN LATERAL (
        SELECT r.entry FROM log_records r
        WHERE r.actor = asked.oin AND r.entry >= asked.floor AND r.entry < asked.ceiling
          AND r.recorded_at + interval '0' >= asked.since
          AND r.recorded_at + interval '0' < asked.until
          AND CASE asked.trail
              WHEN 'lezen' THEN r.action = ANY(CAST(:reads AS text[]))
              WHEN 'buiten-uren' THEN r.action = ANY(CAST(:reads AS text[]))
                   AND (r.recorded_at < asked.opens OR r.recorded_at >= asked.closes)
              WHEN 'verwerking' THEN r.activity = asked.about
              WHEN 'ontvanger' THEN r.recipient = asked.about
              WHEN 'geweigerd' THEN r.outcome = 'geweigerd'
              WHEN 'niet-te-ontsleutelen' THEN {_UNDECRYPTABLE} END
          AND (asked.trail NOT IN ('lezen', 'buiten-uren') OR {_ACCOUNT} = asked.account)
        ORDER BY r.actor, r.entry LIMIT :most
    ) found
    ORDER BY asked.number, found.entry
""")  # noqa: S608  our own parts, no value
