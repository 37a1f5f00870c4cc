"""The replicates of a trial that have ended, kept with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trials", sa.Column("replicates", sa.JSON(none_as_null=True), nullable=True))
