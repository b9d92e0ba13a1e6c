"""Count failures to sign in by account and network, browser and session; all begin anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_anew("'browser', 'session', 'account', 'account_network', 'network'")
    with op.batch_alter_table("login_failure", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_login_failure_last_failed_at"), ["last_failed_at"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("login_failure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_failure_last_failed_at"))
    _make_anew("'account', 'address'")


def _make_anew(kinds: str) -> None:
    """Forget what was counted: of other kinds, and of nothing but the last hour."""
    op.execute(sa.text("DELETE FROM login_failure"))
    with op.batch_alter_table("login_failure", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_login_failure_kind"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_login_failure_kind"), sa.text(f"kind IN ({kinds})")
        )
