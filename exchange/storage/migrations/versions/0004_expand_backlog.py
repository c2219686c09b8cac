"""What an operator may know of everybody's mailboxes: four numbers, whoever asks."""

from exchange.storage.migrations.script import run

revision = "0004"
down_revision = "0003"

# Row security hides other parties' rows from the api; this counts over all of them and gives
# nothing else away. It runs as the owner, so its search path is fixed. Plan: a scan of
# outbox_to_park, and one of outbox_stuck; both hold only what waits.
FUNCTION = """
CREATE INDEX outbox_stuck ON outbox (status)
    WHERE status = 'geparkeerd' OR push_status = 'opgegeven';

CREATE FUNCTION exchange_backlog(
    OUT waiting bigint, OUT oldest timestamptz, OUT parked bigint, OUT given_up bigint
) STABLE SECURITY DEFINER SET search_path = public, pg_temp
LANGUAGE sql AS $$
    SELECT fresh.waiting, fresh.oldest, stuck.parked, stuck.given_up
    FROM (
        SELECT count(*) AS waiting, min(created_at) AS oldest
        FROM outbox WHERE status = 'wachtend'
    ) AS fresh, (
        SELECT count(*) FILTER (WHERE status = 'geparkeerd') AS parked,
               count(*) FILTER (WHERE push_status = 'opgegeven') AS given_up
        FROM outbox WHERE status = 'geparkeerd' OR push_status = 'opgegeven'
    ) AS stuck
$$;

REVOKE EXECUTE ON FUNCTION exchange_backlog() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION exchange_backlog() TO verzuim_api
"""


def upgrade() -> None:
    """Make the function."""
    run(FUNCTION)
