"""Keep the batches that collection sheets posted, and drafts of sheets.

A batch names its receipts, so that it has a page and can be taken back as a whole; both tables
are only ever added to. A draft is what one person typed, and is written over.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPEND_ONLY = ("collection_batch", "collection_batch_row")


def upgrade() -> None:
    _id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "collection_batch",
        sa.Column("id", _id, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("source_id", _id, nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", _id, nullable=False),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user.id"], name=op.f("fk_collection_batch_recorded_by")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["capital_source.id"], name=op.f("fk_collection_batch_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_batch")),
        sa.UniqueConstraint(
            "idempotency_key", name=op.f("uq_collection_batch_idempotency_key")
        ),
        sa.UniqueConstraint("number", name=op.f("uq_collection_batch_number")),
    )
    op.create_table(
        "collection_batch_row",
        sa.Column("event_id", _id, nullable=False),
        sa.Column("batch_id", _id, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.CheckConstraint("place > 0", name=op.f("ck_collection_batch_row_place_positive")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["collection_batch.id"], name=op.f("fk_collection_batch_row_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["loan_event.id"], name=op.f("fk_collection_batch_row_event_id")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_collection_batch_row")),
        sa.UniqueConstraint(
            "batch_id", "place", name=op.f("uq_collection_batch_row_batch_id_place")
        ),
    )
    op.create_table(
        "collection_draft",
        sa.Column("user_id", _id, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "typed",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_collection_draft_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "month", "source", name=op.f("pk_collection_draft")),
    )
    _refuse_changes()


def downgrade() -> None:
    for table in ("collection_draft", "collection_batch_row", "collection_batch"):
        op.drop_table(table)


def _refuse_changes() -> None:
    """Let the database refuse changes here as in the books (0002)."""
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "sqlite":
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            continue
        for name, when in (
            ("change", "UPDATE OR DELETE ON {} FOR EACH ROW"),
            ("truncate", "TRUNCATE ON {} FOR EACH STATEMENT"),
        ):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{name} BEFORE {when.format(table)} "
                "EXECUTE FUNCTION refuse_change()"
            )
