"""How Alembic runs a migration: on the connection and in the transaction it is given."""

from __future__ import annotations

from alembic import context

from sweeper.store.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
