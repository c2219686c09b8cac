"""Notices by recipient, so that a look for what is due passes over a backlog of any size."""

from exchange.storage.migrations.script import run

revision = "0012"
down_revision = "0011"

INDEXES = """
DROP INDEX outbox_to_push;

CREATE INDEX outbox_to_push ON outbox (recipient, push_due_at) WHERE push_status = 'wachtend'
"""


def upgrade() -> None:
    """Put the recipient first."""
    run(INDEXES)
