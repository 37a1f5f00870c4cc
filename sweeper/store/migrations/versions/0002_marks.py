"""Notes and named views, wishes with values, and a cursor for what people mark."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "sweeps", sa.Column("marked", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("wishes", sa.Column("values", sa.JSON(none_as_null=True), nullable=True))
    op.create_table(
        "notes",
        _key(),
        _sweep(),
        sa.Column("trial", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("written", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["sweep_id"], ["sweeps.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sweep_id", "trial", name="uq_notes"),
    )
    op.create_table(
        "views",
        _key(),
        _sweep(),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("saved", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["sweep_id"], ["sweeps.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sweep_id", "name", name="uq_views"),
    )


def _key() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("id", kind, nullable=False)


def _sweep() -> sa.Column[int]:
    return sa.Column("sweep_id", sa.Integer(), nullable=False)
