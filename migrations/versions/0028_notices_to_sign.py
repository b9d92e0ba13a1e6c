"""Let a notice wait with a message of its own until it is approved and signed.

A borrower still has one message a channel and day beside those.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATES = "'planned', 'sending', 'printed', 'sent', 'failed', 'merged', 'cancelled', 'lapsed'"
BEFORE = f"state IN ({STATES})"
AFTER = f"state IN ('to_approve', 'to_sign', {STATES})"
ONE_A_DAY = ["borrower_id", "channel", "day"]
FREE = """
UPDATE reminder SET message_id = NULL
WHERE message_id IN (SELECT id FROM message WHERE for_signature)
"""
UNLIST = """
DELETE FROM dispatch WHERE message_id IN (SELECT id FROM message WHERE for_signature)
"""
BESIDE = sa.text("NOT for_signature")


def upgrade() -> None:
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("for_signature", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.drop_constraint(op.f("uq_message_borrower_id_channel_day"), type_="unique")
        _check(batch_op, AFTER)
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.alter_column("for_signature", server_default=None)
    op.create_index(
        "ix_message_one_a_day",
        "message",
        ONE_A_DAY,
        unique=True,
        sqlite_where=BESIDE,
        postgresql_where=BESIDE,
    )
    with op.batch_alter_table("dispatch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("approved_by", ID, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_dispatch_approved_by"), "user", ["approved_by"], ["id"]
        )


def downgrade() -> None:
    """Notices on their way to be signed are not sent; messages of their own go."""
    with op.batch_alter_table("dispatch", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_dispatch_approved_by"), type_="foreignkey")
        batch_op.drop_column("approved_by")
    op.drop_index("ix_message_one_a_day", "message")
    op.execute(FREE)
    op.execute(UNLIST)
    op.execute("DELETE FROM message WHERE for_signature")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_column("for_signature")
        batch_op.create_unique_constraint(op.f("uq_message_borrower_id_channel_day"), ONE_A_DAY)
        _check(batch_op, BEFORE)


def _check(batch_op: op.BatchOperations, condition: str) -> None:
    batch_op.drop_constraint(op.f("ck_message_state"), type_="check")
    batch_op.create_check_constraint(op.f("ck_message_state"), condition)
