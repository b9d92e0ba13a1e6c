"""Know who represents a borrower, and find it by that name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

COLUMNS = ("legal_representative", "folded_representative")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("borrower", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("borrower", name)
