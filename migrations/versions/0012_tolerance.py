"""Arrears up to a contract's tolerance make nobody late; contracts on file tolerate nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("loan") as loan:
        loan.add_column(
            sa.Column("tolerance", sa.BigInteger(), nullable=False, server_default="0")
        )
    with op.batch_alter_table("loan") as loan:
        loan.alter_column("tolerance", server_default=None)


def downgrade() -> None:
    op.drop_column("loan", "tolerance")
