"""The version of a store's schema: made new, checked at opening, upgraded on request."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, inspect, text

from sweeper.errors import StoreError
from sweeper.store.tables import SCHEMA_VERSION, VERSION_TABLE

_MIGRATIONS = Path(__file__).parent / "migrations"
# Alembic keeps the migration that runs in a module's globals.
_MIGRATING = Lock()


def schema_version(connection: Connection) -> str | None:
    """Give the version of a store's schema; None where it has none yet."""
    if VERSION_TABLE not in inspect(connection).get_table_names():
        return None
    version = connection.execute(text(f"select version_num from {VERSION_TABLE}")).scalar()
    return None if version is None else str(version)


def check_version(connection: Connection, address: str) -> bool:
    """Tell whether the store has our schema; False means that it has none yet.

    Raises:
        StoreError: the schema is newer or older than this sweeper's.
    """
    version = schema_version(connection)
    if version is None:
        return False
    if version == SCHEMA_VERSION:
        return True
    check_known(connection, address)
    raise StoreError(
        f"the store {address} has schema {version}, this sweeper wants {SCHEMA_VERSION}",
        hint=f"Upgrade it with: sweeper db upgrade --store {address}",
    )


def check_known(connection: Connection, address: str) -> None:
    """Refuse a schema that no migration of this package leads from.

    Raises:
        StoreError: a newer sweeper made it.
    """
    version = schema_version(connection)
    if version is not None and version not in known_versions():
        raise StoreError(
            f"the store {address} has schema {version}, which this sweeper does not know",
            hint="A newer sweeper made it; run: pip install --upgrade sweepable",
        )


def known_versions() -> set[str]:
    """List the schema versions that this package has a migration to."""
    folder = _MIGRATIONS / "versions"
    return {path.name.split("_")[0] for path in folder.glob("[0-9]*.py")}


def create_schema(connection: Connection) -> None:
    """Bring the schema to this package's version by running the missing migrations."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    with _MIGRATING:
        command.upgrade(config, "head")
