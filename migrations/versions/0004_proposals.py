"""Keep what one person proposes until another decides.

What was proposed never changes, and a decision once made stays: the database says so too, so that
an approval is always of what the approver saw.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEPT = (
    "kind",
    "action",
    "subject_type",
    "subject_id",
    "loan_id",
    "payload",
    "payload_hash",
    "version",
    "note",
    "proposed_at",
    "proposed_by",
)
FUNCTION = """
CREATE FUNCTION refuse_change_of_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is proposed or decided stays' USING ERRCODE = 'restrict_violation';
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column(
            "loan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "payload",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "proposed_by",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "decided_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "result",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)",
            name=op.f("ck_proposal_decided"),
        ),
        sa.CheckConstraint(
            "decided_by <> proposed_by OR state = 'withdrawn'",
            name=op.f("ck_proposal_maker_is_not_checker"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'approved', 'returned', 'withdrawn')",
            name=op.f("ck_proposal_state"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["user.id"], name=op.f("fk_proposal_decided_by")
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_proposal_loan_id")),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["user.id"], name=op.f("fk_proposal_proposed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index(op.f("ix_proposal_loan_id"), "proposal", ["loan_id"])
    op.create_index("ix_proposal_state", "proposal", ["state", "proposed_at"])
    op.create_index("ix_proposal_subject", "proposal", ["subject_type", "subject_id"])
    if op.get_bind().dialect.name == "sqlite":
        changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in KEPT)
        op.execute(
            "CREATE TRIGGER proposal_stays BEFORE UPDATE ON proposal "
            f"WHEN OLD.state <> 'waiting' OR {changed} "
            "BEGIN SELECT RAISE(ABORT, 'what is proposed or decided stays'); END"
        )
        op.execute(
            "CREATE TRIGGER proposal_refuses_delete BEFORE DELETE ON proposal "
            "BEGIN SELECT RAISE(ABORT, 'what is proposed or decided stays'); END"
        )
    else:
        changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in KEPT)
        op.execute(FUNCTION)
        op.execute(
            "CREATE TRIGGER proposal_stays BEFORE UPDATE ON proposal FOR EACH ROW "
            f"WHEN (OLD.state <> 'waiting' OR {changed}) "
            "EXECUTE FUNCTION refuse_change_of_proposal()"
        )
        op.execute(
            "CREATE TRIGGER proposal_refuses_delete BEFORE DELETE ON proposal FOR EACH ROW "
            "EXECUTE FUNCTION refuse_change_of_proposal()"
        )


def downgrade() -> None:
    op.drop_table("proposal")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change_of_proposal")
