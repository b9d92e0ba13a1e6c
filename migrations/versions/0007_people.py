"""Know when people signed in last, and with which browsers, so that they know them again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user", sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("user_session", sa.Column("agent", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("user_session", "agent")
    op.drop_column("user", "signed_in_at")
