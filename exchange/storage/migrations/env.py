"""Alembic's way in: runs the steps on the connection, and in the transaction, of ``migrate``."""

from alembic import context

from exchange.storage.figure_tables import releases

# Their metadata is that of every table: these are declared after the others.
context.configure(
    connection=context.config.attributes["connection"], target_metadata=releases.metadata
)

with context.begin_transaction():
    context.run_migrations()
