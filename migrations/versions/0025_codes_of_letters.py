"""Letters that open an account hold a code beside the link; its tries are counted by letter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TRIES = "kind IN ('browser', 'session', 'factor', 'account', 'account_network', 'network')"
LETTER_TRIES = (
    "kind IN ('browser', 'session', 'factor', 'letter', 'account', 'account_network',"
    " 'network')"
)


def upgrade() -> None:
    op.add_column("password_link", sa.Column("code_hash", sa.Text(), nullable=True))
    _check(LETTER_TRIES)


def downgrade() -> None:
    op.execute("DELETE FROM login_failure WHERE kind = 'letter'")
    _check(TRIES)
    op.drop_column("password_link", "code_hash")


def _check(kinds: str) -> None:
    name = op.f("ck_login_failure_kind")
    with op.batch_alter_table("login_failure") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, kinds)
