"""Keep how often each person or network asked for what is dear to answer (S-46)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "limited_use",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_hash", sa.Text(), nullable=False),
        sa.Column("won_back_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject_hash", name=op.f("pk_limited_use")),
    )
    with op.batch_alter_table("limited_use", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_limited_use_won_back_at"), ["won_back_at"], unique=False
        )


def downgrade() -> None:
    op.drop_table("limited_use")
