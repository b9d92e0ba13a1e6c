"""Say what became of a message that did not go out: merged, cancelled or lapsed.

Until now the first two were one. What its reminders say tells them apart: one that carries none
was merged into the next day's. A reminder that was left behind on a cancelled message, waiting
or lapsed, waits for the next message again, or lapsed for the officer to see.
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BEFORE = "state IN ('planned', 'sending', 'sent', 'failed', 'cancelled')"
AFTER = "state IN ('planned', 'sending', 'sent', 'failed', 'merged', 'cancelled', 'lapsed')"
FREE = """
    UPDATE reminder SET message_id = NULL WHERE state = 'planned' AND message_id IN
    (SELECT id FROM message WHERE state IN ('cancelled', 'failed', 'sent'))
"""
MERGED = """
    UPDATE message SET state = 'merged' WHERE state = 'cancelled' AND NOT EXISTS
    (SELECT 1 FROM reminder WHERE reminder.message_id = message.id)
"""
LAPSED = """
    UPDATE message SET state = 'lapsed' WHERE state = 'cancelled' AND EXISTS
    (SELECT 1 FROM reminder WHERE reminder.message_id = message.id AND reminder.state = 'lapsed')
"""


def upgrade() -> None:
    _check(AFTER)
    op.execute(FREE)
    op.execute(MERGED)
    op.execute(LAPSED)


def downgrade() -> None:
    op.execute("UPDATE message SET state = 'cancelled' WHERE state IN ('merged', 'lapsed')")
    _check(BEFORE)


def _check(condition: str) -> None:
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_message_state"), type_="check")
        batch_op.create_check_constraint(op.f("ck_message_state"), condition)
