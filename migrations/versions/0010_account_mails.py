"""Send links by mail: an outbox for accounts, and links in a table, for several may hold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# A link that was used keeps no instant of it from before; what counts is that it was.
KEEP = """
    INSERT INTO password_link (link_hash, user_id, expires_at)
    SELECT link_hash, id, link_expires_at FROM "user"
    WHERE link_hash IS NOT NULL AND link_expires_at IS NOT NULL
"""
KEEP_USED = """
    INSERT INTO password_link (link_hash, user_id, expires_at, used_at)
    SELECT used_link_hash, id, created_at, created_at FROM "user"
    WHERE used_link_hash IS NOT NULL
"""
LEAVE = """
    UPDATE "user" SET (link_hash, link_expires_at) =
        (SELECT link_hash, expires_at FROM password_link
         WHERE user_id = "user".id AND used_at IS NULL ORDER BY expires_at DESC LIMIT 1)
"""
LEAVE_USED = """
    UPDATE "user" SET used_link_hash =
        (SELECT link_hash FROM password_link
         WHERE user_id = "user".id AND used_at IS NOT NULL ORDER BY used_at DESC LIMIT 1)
"""


def upgrade() -> None:
    op.create_table(
        "account_mail",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("runner", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('invitation', 'reset', 'changed')", name=op.f("ck_account_mail_kind")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'sending', 'sent', 'failed', 'lapsed')",
            name=op.f("ck_account_mail_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_mail")),
    )
    op.create_index(op.f("ix_account_mail_email"), "account_mail", ["email"])
    op.create_index(op.f("ix_account_mail_state"), "account_mail", ["state"])
    op.create_table(
        "password_link",
        sa.Column("link_hash", sa.Text(), nullable=False),
        sa.Column(
            "user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_password_link_user_id")
        ),
        sa.PrimaryKeyConstraint("link_hash", name=op.f("pk_password_link")),
    )
    op.create_index(op.f("ix_password_link_user_id"), "password_link", ["user_id"])
    op.execute(KEEP)
    op.execute(KEEP_USED)
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_user_link_hash"), type_="unique")
        batch_op.drop_column("link_hash")
        batch_op.drop_column("link_expires_at")
        batch_op.drop_column("used_link_hash")


def downgrade() -> None:
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.add_column(sa.Column("link_hash", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column("link_expires_at", sa.DateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(sa.Column("used_link_hash", sa.Text(), nullable=True))
        batch_op.create_unique_constraint(op.f("uq_user_link_hash"), ["link_hash"])
    op.execute(LEAVE)
    op.execute(LEAVE_USED)
    op.drop_table("password_link")
    op.drop_table("account_mail")
