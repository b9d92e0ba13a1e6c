"""Know codes by what their spellings share, and references of banks too.

`PT1` and `pt1` are one number. What is stored stays: of codes that fold alike the first has the
fold, and each further one itself behind a space, which no fold begins with.
"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

CODES = {"borrower": "code", "capital_source": "code", "loan": "contract_number"}
EVENTS = sa.table(
    "loan_event", sa.column("id"), sa.column("reference"), sa.column("reference_fold")
)


def upgrade() -> None:
    for table in CODES:
        op.add_column(table, sa.Column("code_fold", sa.Text(), nullable=True))
    _guard_contracts("DISABLE")
    for table, column in CODES.items():
        _fill_codes(table, column)
    for table in CODES:
        with op.batch_alter_table(table) as batch:
            batch.alter_column("code_fold", existing_type=sa.Text(), nullable=False)
            batch.create_unique_constraint(op.f(f"uq_{table}_code_fold"), ["code_fold"])
    _guard_contracts("ENABLE")
    op.add_column("loan_event", sa.Column("reference_fold", sa.Text(), nullable=True))
    _let_change()
    _fill_references()
    _refuse_change()
    op.drop_index("ix_loan_event_reference", "loan_event")
    op.create_index("ix_loan_event_reference_fold", "loan_event", ["reference_fold"])


def downgrade() -> None:
    op.drop_index("ix_loan_event_reference_fold", "loan_event")
    op.create_index("ix_loan_event_reference", "loan_event", ["reference"])
    op.drop_column("loan_event", "reference_fold")
    for table in CODES:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"uq_{table}_code_fold"), type_="unique")
            batch.drop_column("code_fold")


def _guard_contracts(verb: str) -> None:
    if op.get_bind().dialect.name == "postgresql":  # 0018: approved terms stay
        op.execute(f"ALTER TABLE loan {verb} TRIGGER USER")


def _let_change() -> None:
    """Lift what keeps events as they are, inside this migration's own transaction."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE loan_event DISABLE TRIGGER USER")
        return
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER loan_event_refuses_{verb}")


def _refuse_change() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE loan_event ENABLE TRIGGER USER")
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER loan_event_refuses_{verb.lower()} BEFORE {verb} ON loan_event "
            "BEGIN SELECT RAISE(ABORT, 'loan_event is append-only'); END"
        )


def _fill_codes(table: str, column: str) -> None:
    rows = sa.table(table, sa.column("id"), sa.column(column), sa.column("code_fold"))
    known: set[str] = set()
    codes = sa.select(rows.c.id, rows.c[column].label("code")).order_by(rows.c.id)
    for row in op.get_bind().execute(codes).all():
        fold = _fold(row.code)
        fold = f" {row.code}" if fold in known else fold
        known.add(fold)
        one = sa.update(rows).where(rows.c.id == row.id)
        op.get_bind().execute(one.values(code_fold=fold))


def _fill_references() -> None:
    query = sa.select(EVENTS).where(EVENTS.c.reference.is_not(None)).order_by(EVENTS.c.id)
    for row in op.get_bind().execute(query).all():
        one = sa.update(EVENTS).where(EVENTS.c.id == row.id)
        fold = _fold(row.reference).replace(" ", "")
        op.get_bind().execute(one.values(reference_fold=fold))


def _fold(code: str) -> str:
    """Fold as `loanfund.domain.code` did when this was written."""
    seen = (
        " " if letter.isspace() else letter
        for letter in unicodedata.normalize("NFKC", code)
        if letter in "\t\n\r" or unicodedata.category(letter) not in {"Cc", "Cf"}
    )
    letters = "".join(seen).replace("Ð", "Đ").replace("ð", "đ")
    return " ".join(letters.split()).casefold()
