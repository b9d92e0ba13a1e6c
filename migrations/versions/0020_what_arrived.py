"""Say of each numbered notice whether it arrived, and of letters who printed them and when.

What went out before keeps its meaning: a letter was sent once it was printed. Numbers that were
drawn for a mail that was never taken were not sent.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OFFICE = ZoneInfo("Asia/Ho_Chi_Minh")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PAPERS = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
BEFORE = "state IN ('planned', 'sending', 'sent', 'failed', 'merged', 'cancelled', 'lapsed')"
AFTER = "state IN ('planned', 'sending', 'printed', 'sent', 'failed', 'merged', 'cancelled', 'lapsed')"
WAITING = {"planned": "waiting", "sending": "waiting", "sent": "delivered"}
MESSAGE = sa.table(
    "message",
    sa.column("id", ID),
    sa.column("state", sa.Text),
    sa.column("papers", PAPERS),
    sa.column("settled_at", sa.DateTime(timezone=True)),
    sa.column("delivered_on", sa.Date),
)
DOCUMENT = sa.table("document", sa.column("id", ID), sa.column("number", sa.Text))
DISPATCH = sa.table(
    "dispatch",
    sa.column("document_id", ID),
    sa.column("message_id", ID),
    sa.column("state", sa.Text),
    sa.column("settled_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    op.create_table(
        "letter_batch",
        sa.Column("id", ID, nullable=False),
        sa.Column("printed_on", sa.Date(), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("printed_by", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["printed_by"], ["user.id"], name=op.f("fk_letter_batch_printed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_batch")),
    )
    op.create_table(
        "dispatch",
        sa.Column("document_id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'unsent')", name=op.f("ck_dispatch_state")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_dispatch_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_dispatch_message_id")
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_dispatch")),
    )
    op.create_index(op.f("ix_dispatch_message_id"), "dispatch", ["message_id"])
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("file", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("batch_id", ID, nullable=True))
        batch_op.add_column(sa.Column("delivered_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("remark", sa.Text(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_message_batch_id"), "letter_batch", ["batch_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_message_batch_id"), ["batch_id"])
        batch_op.drop_constraint(op.f("ck_message_state"), type_="check")
        batch_op.create_check_constraint(op.f("ck_message_state"), AFTER)
    _keep_papers()
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_column("papers")


def downgrade() -> None:
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("papers", PAPERS, nullable=False, server_default="[]"))
    _bring_papers_back()
    op.execute("UPDATE message SET state = 'sent' WHERE state = 'printed'")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.alter_column("papers", server_default=None)
        batch_op.drop_constraint(op.f("ck_message_state"), type_="check")
        batch_op.create_check_constraint(op.f("ck_message_state"), BEFORE)
        batch_op.drop_index(batch_op.f("ix_message_batch_id"))
        batch_op.drop_constraint(op.f("fk_message_batch_id"), type_="foreignkey")
        for name in ("file", "batch_id", "delivered_on", "remark"):
            batch_op.drop_column(name)
    op.drop_table("dispatch")
    op.drop_table("letter_batch")


def _keep_papers() -> None:
    """Give every notice its line, and every message that went the day on which it did."""
    bind = op.get_bind()
    documents: dict[str, int] = {
        row.number: row.id for row in bind.execute(sa.select(DOCUMENT.c.number, DOCUMENT.c.id))
    }
    lines = []
    for row in bind.execute(sa.select(MESSAGE)).all():
        state = WAITING.get(row.state, "unsent")
        lines += [
            {
                "document_id": documents[number],
                "message_id": row.id,
                "state": state,
                "settled_at": None if state == "waiting" else row.settled_at,
            }
            for number in row.papers or ()
            if number in documents
        ]
        if row.state == "sent" and row.settled_at:
            day = _office_day(row.settled_at)
            bind.execute(
                sa.update(MESSAGE).where(MESSAGE.c.id == row.id).values(delivered_on=day)
            )
    if lines:
        bind.execute(sa.insert(DISPATCH), lines)


def _office_day(instant: datetime) -> date:
    """SQLite keeps no zone: what lies there is UTC."""
    return (
        (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(OFFICE).date()
    )


def _bring_papers_back() -> None:
    bind = op.get_bind()
    query = (
        sa.select(DISPATCH.c.message_id, DOCUMENT.c.number)
        .join(DOCUMENT, DOCUMENT.c.id == DISPATCH.c.document_id)
        .order_by(DOCUMENT.c.id)
    )
    papers: dict[int, list[Any]] = {}
    for row in bind.execute(query):
        papers.setdefault(row.message_id, []).append(row.number)
    for number, found in papers.items():
        bind.execute(sa.update(MESSAGE).where(MESSAGE.c.id == number).values(papers=found))
