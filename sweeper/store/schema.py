"""The version of a store's schema: made new, checked at opening, upgraded on request."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text

from sweeper.errors import StoreError
from sweeper.store.tables import SCHEMA_VERSION, VERSION_TABLE

_MIGRATIONS = Path(__file__).parent / "migrations"


def check_version(connection: Connection, tables: set[str], address: str) -> bool:
    """Tell whether the store has our schema; False means that it has none yet.

    Raises:
        StoreError: the schema is newer or older than this sweeper's.
    """
    if VERSION_TABLE not in tables:
        return False
    query = text(f"select version_num from {VERSION_TABLE}")
    version = connection.execute(query).scalar()
    if version == SCHEMA_VERSION:
        return True
    if version in known_versions():
        raise StoreError(
            f"the store {address} has schema {version}, this sweeper wants {SCHEMA_VERSION}",
            hint=f"Upgrade it with: sweeper db upgrade --store {address}",
        )
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
    command.upgrade(config, "head")
