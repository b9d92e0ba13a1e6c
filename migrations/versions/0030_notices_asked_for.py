"""Keep who asked for a notice that no rule asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asked_by", ID, nullable=True))
        batch_op.create_foreign_key(op.f("fk_reminder_asked_by"), "user", ["asked_by"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_reminder_asked_by"), type_="foreignkey")
        batch_op.drop_column("asked_by")
