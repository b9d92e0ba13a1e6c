"""Remember the link by which a password was chosen, to say so to who opens it again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user", sa.Column("used_link_hash", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("user", "used_link_hash")
