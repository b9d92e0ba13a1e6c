"""Keep what a position needs to say what is to be paid on a later day of its span.

The table is a cache: its rows are dropped, folded again where they are asked for, and remade
by `loanfund db upgrade`, `rebuild` or the nightly run.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.execute("DELETE FROM position")
    with op.batch_alter_table("position") as table:
        table.add_column(sa.Column("today_principal", sa.BigInteger(), nullable=False))
        table.add_column(sa.Column("today_interest", sa.BigInteger(), nullable=False))
        table.add_column(sa.Column("accruing", JSON, nullable=False))
        table.add_column(sa.Column("tolerance", sa.BigInteger(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("position") as table:
        table.drop_column("tolerance")
        table.drop_column("accruing")
        table.drop_column("today_interest")
        table.drop_column("today_principal")
