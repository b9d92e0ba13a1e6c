"""Let a borrower have a further message of a day once the first went out; one waits at most.

What was asked for after the day's letter was printed goes with a letter of its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

COLUMNS = ["borrower_id", "channel", "day"]
UNTRIED = sa.text("state = 'planned' AND attempts = 0 AND NOT for_signature")
BESIDE = sa.text("NOT for_signature")
# Going back, the further ones of a day stay as what has a message of its own beside the day's.
SET_APART = """
UPDATE message SET for_signature = true
WHERE NOT for_signature AND id NOT IN (
    SELECT MIN(id) FROM message WHERE NOT for_signature GROUP BY borrower_id, channel, day
)
"""


def upgrade() -> None:
    op.drop_index("ix_message_one_a_day", "message")
    _index("ix_message_one_waiting", UNTRIED)


def downgrade() -> None:
    op.drop_index("ix_message_one_waiting", "message")
    op.execute(SET_APART)
    _index("ix_message_one_a_day", BESIDE)


def _index(name: str, where: sa.TextClause) -> None:
    op.create_index(
        name, "message", COLUMNS, unique=True, sqlite_where=where, postgresql_where=where
    )
