"""Keep what the maker of a proposal saw, which stays, and what stood when it was decided."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
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
JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.add_column("proposal", sa.Column("seen", JSON, nullable=True))
    op.add_column("proposal", sa.Column("stood", JSON, nullable=True))
    _guard((*KEPT, "seen"))


def downgrade() -> None:
    _guard(KEPT)
    op.drop_column("proposal", "stood")
    op.drop_column("proposal", "seen")


def _guard(kept: tuple[str, ...]) -> None:
    """Make the trigger anew that lets what was proposed stay."""
    if op.get_bind().dialect.name == "sqlite":
        changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in kept)
        op.execute("DROP TRIGGER proposal_stays")
        op.execute(
            "CREATE TRIGGER proposal_stays BEFORE UPDATE ON proposal "
            f"WHEN OLD.state <> 'waiting' OR {changed} "
            "BEGIN SELECT RAISE(ABORT, 'what is proposed or decided stays'); END"
        )
    else:
        changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in kept)
        op.execute("DROP TRIGGER proposal_stays ON proposal")
        op.execute(
            "CREATE TRIGGER proposal_stays BEFORE UPDATE ON proposal FOR EACH ROW "
            f"WHEN (OLD.state <> 'waiting' OR {changed}) "
            "EXECUTE FUNCTION refuse_change_of_proposal()"
        )
