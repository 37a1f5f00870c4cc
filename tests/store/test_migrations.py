"""The migrations lead to exactly the tables of the code, on both databases."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from sweeper.store.schema import known_versions
from sweeper.store.store import Store
from sweeper.store.tables import SCHEMA_VERSION, VERSION_TABLE, metadata


def test_the_migrations_make_the_tables_of_the_code(store: Store) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": VERSION_TABLE,
                "compare_type": True,
                "compare_server_default": True,
            },
        )
        assert compare_metadata(context, metadata) == []


def test_the_newest_migration_is_the_version_of_the_code() -> None:
    assert max(known_versions()) == SCHEMA_VERSION
