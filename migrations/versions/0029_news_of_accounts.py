"""Tell managers of more that is done to accounts, and keep how far each has read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BEFORE = (
    "kind IN ('invitation', 'reset', 'changed', 'audit_head', 'opened_by_hand',"
    " 'factor_on', 'factor_off', 'factor_off_of'"
)
NEWS = "'link_seen', 'disabled', 'enabled'"


def upgrade() -> None:
    _check(f"{BEFORE}, {NEWS})")
    op.add_column("user", sa.Column("news_read_through", ID, nullable=True))


def downgrade() -> None:
    op.drop_column("user", "news_read_through")
    op.execute("DELETE FROM account_mail WHERE kind IN ('link_seen', 'disabled', 'enabled')")
    _check(f"{BEFORE})")


def _check(kinds: str) -> None:
    name = op.f("ck_account_mail_kind")
    with op.batch_alter_table("account_mail") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, kinds)
