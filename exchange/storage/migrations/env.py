"""Alembic's way in: runs the steps on the connection, and in the transaction, of ``migrate``."""

from alembic import context

from exchange.storage.model import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)

with context.begin_transaction():
    context.run_migrations()
