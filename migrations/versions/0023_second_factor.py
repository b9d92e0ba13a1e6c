"""Keep second factors: what apps make codes from, one-time codes, and which sessions proved one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MAILS = "kind IN ('invitation', 'reset', 'changed', 'audit_head', 'opened_by_hand'"
FACTOR_MAILS = f"{MAILS}, 'factor_on', 'factor_off', 'factor_off_of')"
TRIES = "kind IN ('browser', 'session', 'account', 'account_network', 'network')"
FACTOR_TRIES = (
    "kind IN ('browser', 'session', 'factor', 'account', 'account_network', 'network')"
)


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_second_factor_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_recovery_code_user_id")
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_user_id"), "recovery_code", ["user_id"])
    op.add_column(
        "user_session", sa.Column("factor_at", sa.DateTime(timezone=True), nullable=True)
    )
    _check("account_mail", FACTOR_MAILS)
    _check("login_failure", FACTOR_TRIES)


def downgrade() -> None:
    op.execute("DELETE FROM account_mail WHERE kind LIKE 'factor%'")
    op.execute("DELETE FROM login_failure WHERE kind = 'factor'")
    _check("account_mail", f"{MAILS})")
    _check("login_failure", TRIES)
    op.drop_column("user_session", "factor_at")
    op.drop_table("recovery_code")
    op.drop_table("second_factor")


def _check(table: str, kinds: str) -> None:
    name = op.f(f"ck_{table}_kind")
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, kinds)
