"""Why a recipient closed a message stands with its parcel: another reason is a contradiction."""

from exchange.storage.migrations.script import run

revision = "0007"
down_revision = "0006"

# The release before closes without it, so it may be missing; such a closure is not contradicted.
COLUMN = """
ALTER TABLE outbox
    ADD COLUMN afsluitreden text,
    ADD CONSTRAINT outbox_afsluitreden CHECK (afsluitreden IS NULL OR handling = 'afgesloten');

UPDATE outbox SET afsluitreden = t.afsluitreden
FROM terugmeldingen t
WHERE t.bericht_id = outbox.bericht_id AND t.status = 'afgesloten'
  AND outbox.handling = 'afgesloten';

GRANT UPDATE (afsluitreden) ON outbox TO verzuim_api;

GRANT SELECT (afsluitreden) ON outbox TO verzuim_reader
"""


def upgrade() -> None:
    """Add the column and fill it from what schools were told."""
    run(COLUMN)
