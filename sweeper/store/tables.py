"""The tables of the store, described for people in docs/schema.md.

All times are seconds since 1970-01-01 UTC. A NaN is kept as NULL in metrics.value, because
SQLite has no NaN.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON as AnyJSON,
)
from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_VERSION = "0005"
VERSION_TABLE = "sweeper_schema"

metadata = MetaData()

# None is SQL NULL, not the JSON text null.
JSON = AnyJSON(none_as_null=True)


def _sweep_key() -> Column[int]:
    key = ForeignKey("sweeps.id", ondelete="CASCADE")
    return Column("sweep_id", Integer, key, primary_key=True)


sweeps = Table(
    "sweeps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("status", String(20), nullable=False),
    Column("objective", JSON, nullable=False),
    Column("space", JSON, nullable=False),
    Column("options", JSON, nullable=False),
    Column("points", JSON, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("function", Text, nullable=False),
    Column("function_hash", String(64), nullable=False),
    Column("provenance", JSON, nullable=False),
    Column("project", String(200)),
    Column("owner", String(200)),
    Column("reason", Text),
    Column("rev", BigInteger, nullable=False),
    Column("marked", BigInteger, nullable=False, server_default="0"),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
    Column("ended", Double),
    Column("active_seconds", Double, nullable=False),
    Column("gpu_seconds", Double, nullable=False),
    Column("best_trial", Integer),
    Column("best_value", Double),
    Column("lease_owner", String(64)),
    Column("lease_host", String(200)),
    Column("lease_boot", String(64)),
    Column("lease_pid", Integer),
    Column("lease_pid_started", Double),
    Column("lease_expires", Double),
)

trials = Table(
    "trials",
    metadata,
    _sweep_key(),
    Column("number", Integer, primary_key=True),
    Column("status", String(20), nullable=False),
    Column("params", JSON, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("origin", String(20), nullable=False),
    Column("value", Double),
    Column("values", JSON),
    Column("result", JSON),
    Column("summary", JSON, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("losses", Integer, nullable=False),
    Column("error", Text),
    Column("memory", JSON),
    Column("created", Double, nullable=False),
    Column("started", Double),
    Column("ended", Double),
    Column("duration", Double, nullable=False),
    Column("rev", BigInteger, nullable=False),
    Column("replicates", JSON),
    Index("ix_trials_status", "sweep_id", "status"),
    Index("ix_trials_rev", "sweep_id", "rev"),
)

attempts = Table(
    "attempts",
    metadata,
    _sweep_key(),
    Column("trial", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("status", String(20), nullable=False),
    Column("wish", Integer, nullable=False),
    Column("outcome", String(20)),
    Column("host", String(200)),
    Column("pid", Integer),
    Column("devices", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Column("started", Double),
    Column("ended", Double),
    Column("error_type", String(200)),
    Column("error", Text),
    Column("traceback", Text),
    Column("usage", JSON),
    Index("ix_attempts_status", "sweep_id", "status"),
)

metrics = Table(
    "metrics",
    metadata,
    _sweep_key(),
    Column("trial", Integer, primary_key=True),
    Column("metric", String(200), primary_key=True),
    Column("step", BigInteger, primary_key=True),
    Column("value", Double),
    Column("time", Double, nullable=False),
    Column("attempt", Integer, nullable=False),
    sqlite_with_rowid=False,
)

priors = Table(
    "priors",
    metadata,
    _sweep_key(),
    Column("number", Integer, primary_key=True),
    Column("status", String(20), nullable=False),
    Column("params", JSON, nullable=False),
    Column("value", Double),
    Column("values", JSON),
    Column("told", JSON, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("curve", JSON, nullable=False),
)

logs = Table(
    "logs",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("sweep_id", Integer, ForeignKey("sweeps.id", ondelete="CASCADE"), nullable=False),
    Column("trial", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("stream", String(10), nullable=False),
    Column("time", Double, nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_logs_trial", "sweep_id", "trial", "id"),
)

artifacts = Table(
    "artifacts",
    metadata,
    _sweep_key(),
    Column("trial", Integer, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("name", String(300), primary_key=True),
    Column("path", Text, nullable=False),
    Column("step", BigInteger),
    Column("size", BigInteger, nullable=False),
    Column("time", Double, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("sweep_id", Integer, ForeignKey("sweeps.id", ondelete="CASCADE"), nullable=False),
    Column("trial", Integer),
    Column("attempt", Integer),
    Column("time", Double, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_events_sweep", "sweep_id", "id"),
)

wishes = Table(
    "wishes",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("sweep_id", Integer, ForeignKey("sweeps.id", ondelete="CASCADE"), nullable=False),
    Column("trial", Integer),
    Column("kind", String(20), nullable=False),
    Column("values", JSON),
    Column("by", String(200), nullable=False),
    Column("created", Double, nullable=False),
    Column("answered", Double),
    Column("answer", Text),
    Index("ix_wishes_open", "sweep_id", "answered"),
)

tags = Table(
    "tags",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("sweep_id", Integer, ForeignKey("sweeps.id", ondelete="CASCADE"), nullable=False),
    Column("trial", Integer),
    Column("tag", String(200), nullable=False),
    UniqueConstraint("sweep_id", "trial", "tag", name="uq_tags"),
)

notes = Table(
    "notes",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("sweep_id", Integer, ForeignKey("sweeps.id", ondelete="CASCADE"), nullable=False),
    Column("trial", Integer),
    Column("text", Text, nullable=False),
    Column("by", String(200), nullable=False),
    Column("written", Double, nullable=False),
    UniqueConstraint("sweep_id", "trial", name="uq_notes"),
)

views = Table(
    "views",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("sweep_id", Integer, ForeignKey("sweeps.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("address", Text, nullable=False),
    Column("by", String(200), nullable=False),
    Column("saved", Double, nullable=False),
    UniqueConstraint("sweep_id", "name", name="uq_views"),
)

users = Table(
    "users",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("password", Text),
    Column("created", Double, nullable=False),
    Column("by", String(200), nullable=False),
    UniqueConstraint("name", name="uq_users"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column(
        "user_id",
        BigInteger().with_variant(Integer, "sqlite"),
        ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("kind", String(20), nullable=False),
    Column("label", String(200), nullable=False),
    Column("role", String(20)),
    Column("digest", String(64), nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double),
    UniqueConstraint("digest", name="uq_tokens"),
    Index("ix_tokens_user", "user_id"),
)

# No key leads from here to sweeps and users: what was done outlives both.
audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("time", Double, nullable=False),
    Column("by", String(200), nullable=False),
    Column("role", String(20)),
    Column("address", String(200)),
    Column("action", String(200), nullable=False),
    Column("sweep", String(200)),
    Column("outcome", String(20), nullable=False),
    Column("detail", Text),
)
