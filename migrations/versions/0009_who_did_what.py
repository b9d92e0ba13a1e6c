"""Find the audit lines of a person, and of one kind of act, newest first."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_line_who", "audit_line", ["recorded_by", "id"])
    op.create_index("ix_audit_line_action", "audit_line", ["action", "id"])


def downgrade() -> None:
    op.drop_index("ix_audit_line_action", "audit_line")
    op.drop_index("ix_audit_line_who", "audit_line")
