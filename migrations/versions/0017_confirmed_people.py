"""Say who may not approve yet, and of whom a mail to the managers tells."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KINDS = "kind IN ('invitation', 'reset', 'changed', 'audit_head')"
MORE_KINDS = "kind IN ('invitation', 'reset', 'changed', 'audit_head', 'opened_by_hand')"


def upgrade() -> None:
    op.add_column(
        "user", sa.Column("unconfirmed_since", sa.DateTime(timezone=True), nullable=True)
    )
    with op.batch_alter_table("account_mail", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "facts",
                sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
                nullable=False,
                server_default="{}",
            )
        )
        batch_op.drop_constraint(op.f("ck_account_mail_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_account_mail_kind"), MORE_KINDS)
    with op.batch_alter_table("account_mail", schema=None) as batch_op:
        batch_op.alter_column("facts", server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM account_mail WHERE kind = 'opened_by_hand'")
    with op.batch_alter_table("account_mail", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_account_mail_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_account_mail_kind"), KINDS)
        batch_op.drop_column("facts")
    op.drop_column("user", "unconfirmed_since")
